/** Folders that were made for something that isn't kept. */
import { rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Removes a folder and those above it, as far as they are empty: somebody else's files stay, with what they are in.
 *
 * @param outermost the last to go, as `mkdir` gives it: the first that it made; nothing is removed where it made none
 */
export async function removeEmptyFolders(
  folder: string,
  outermost: string | undefined,
  disk: { readonly rmdir: (path: string) => Promise<unknown> } = { rmdir },
): Promise<void> {
  if (outermost === undefined) return;
  const last = resolve(outermost);
  for (let next = resolve(folder); ; next = dirname(next)) {
    try {
      await disk.rmdir(next);
    } catch {
      return;
    }
    if (next === last) return;
  }
}
