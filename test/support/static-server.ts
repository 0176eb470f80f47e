/** A web server of folders, as any host of static files is. */
import { createServer, type Server } from 'node:http';
import { readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

export interface StaticServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** `GET /page.js`, in order. */
  readonly asked: string[];
  readonly close: () => Promise<void>;
}

/** @param folders by the paths that they are served at, such as `/models` */
export async function serveFolders(
  folders: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const named = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    asked.push(`${request.method ?? ''} ${named}`);
    const path = named.endsWith('/') ? `${named}index.html` : named;
    const start = Object.keys(folders)
      .filter((each) => path === each || path.startsWith(`${each}/`))
      .sort((a, b) => b.length - a.length)[0];
    const file = start === undefined ? undefined : join(folders[start]!, normalize(path.slice(start.length)));
    const stats = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    if (path === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    if (file === undefined || !stats?.isFile()) {
      response.writeHead(404).end('not here');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': stats.size,
      etag: `"${stats.size}-${stats.mtimeMs}"`,
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
