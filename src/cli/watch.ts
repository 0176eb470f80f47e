/** `--watch`: the page of a run under way, for a browser on this machine and nobody else. */
import { UsageError, messageOf } from '../util/errors.js';
import { contentSecurityPolicy } from '../report/page.js';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The names that a browser on this machine may call it by; a page elsewhere, or another name for this machine, is none. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** The port that was asked for: 0, which is any free one, for a plain `--watch`. */
export function portOf(watch: string | true): number {
  if (watch === true) return 0;
  const port = Number(watch);
  if (/^\d+$/.test(watch) && port <= 65535) return port;
  throw new UsageError(`--watch is "${watch}", expected a port from 0 to 65535, or nothing for a free one.`);
}

/**
 * Serves one page at 127.0.0.1. What is asked for under a name that isn't this machine's is refused, as another site may
 * have pointed its name here.
 *
 * @param render gives the page, anew for each request; where it fails, the browser is told and nothing else happens
 */
export async function servePage(render: () => Promise<string>, port: number): Promise<PageServer> {
  const [{ Hono }, { serve }] = await Promise.all([import('hono'), import('@hono/node-server')]);
  const policy = await contentSecurityPolicy();
  const app = new Hono();
  app.use(async (context, next) => {
    const name = (context.req.header('host') ?? '').replace(/:\d*$/, '');
    if (!OWN_NAMES.includes(name)) return context.text('This page is for this machine alone.', 403);
    await next();
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Cache-Control', 'no-store');
    return undefined;
  });
  app.get('/', async (context) => context.html(await render()));
  app.onError((error, context) => context.text(`The page can't be made: ${messageOf(error)}`, 500));
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) => {
      resolve({
        url: `http://127.0.0.1:${address.port}/`,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed();
            });
            if ('closeAllConnections' in server) server.closeAllConnections(); // a browser keeps its own open
          }),
      });
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'something else listens there' : messageOf(error);
      reject(
        new UsageError(`--watch ${port}: ${reason}; choose another port, or leave it out.`, { cause: error }),
      );
    });
  });
}

/** Waits for Ctrl-C. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
