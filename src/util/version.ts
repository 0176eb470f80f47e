/** bertune's version; a test compares it with package.json, which the browser build can't read. */
export const VERSION = '0.1.0';
