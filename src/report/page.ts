/** The page around what is shown: one file, which loads nothing and in which no script can run. */
import { html, Markup, type Part } from './html.js';
import { STYLE } from './style.js';

export interface PageOptions {
  readonly title: string;
  readonly body: Part;
  /** Seconds after which the browser asks for the page again. */
  readonly refresh?: number;
}

/**
 * What a browser may do with the page: show it, with this style and with pictures that are inside it. Nothing is loaded,
 * no script runs, no form is sent.
 */
export async function contentSecurityPolicy(): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
}

/** A whole HTML document. */
export async function page({ title, body, refresh }: PageOptions): Promise<string> {
  const style = new Markup(`<style>${STYLE}</style>`); // its hash is of exactly this text
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${await contentSecurityPolicy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        ${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`;
  return `${document.text}\n`;
}
