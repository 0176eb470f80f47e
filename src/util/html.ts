const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/**
 * A text as it stands in an HTML element, or in an attribute between quotes: shown as text whatever it holds. Control
 * characters, halves of characters and those that reverse the order of others are shown as U+FFFD.
 *
 * ```ts
 * escapeHtml('<b>R&D</b>'); // '&lt;b&gt;R&amp;D&lt;/b&gt;'
 * ```
 */
export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]|\p{Surrogate}/gu, '\uFFFD') // prettier-ignore
  );
}
