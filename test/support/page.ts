/** Pages that are read without a browser. */

/** Of a page, what a reader sees. */
export const seen = (html: string): string =>
  html
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
