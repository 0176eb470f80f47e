/** Files that were saved instead of the one that was meant: what stands in for a large file in git, and pages of a site. */

/** How the pointer begins that git has in place of a large file. */
export const LFS_POINTER = 'version https://git-lfs';

/** How a web page begins, as Latin-1 or decoded, perhaps after a byte order mark. */
export const WEB_PAGE = /^(?:\uFEFF|\u00ef\u00bb\u00bf)?\s*<(?:!doctype|html|head|\?xml|!--)/i;

/**
 * What a text is that somebody saved for another, and what to do: the end of "<name> ..."; `undefined` where it is neither.
 *
 * ```ts
 * mistakenFor('<!DOCTYPE html><title>...'); // 'is a web page: download the file itself (...).'
 * ```
 *
 * @param start the text's first characters, 128 at least
 */
export function mistakenFor(start: string): string | undefined {
  if (start.startsWith(LFS_POINTER)) {
    return 'is a Git LFS pointer, not the file itself: run "git lfs pull" in its folder, or download the file.';
  }
  if (WEB_PAGE.test(start)) {
    return "is a web page, not the file itself: download the file (on Hugging Face: the page's download link).";
  }
  return undefined;
}
