/** A hub on this machine: the protocol as the real one speaks it, with its failures. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What has come in. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers in place of the hub; `false` leaves the answer to it. */
export type Trick = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
) => boolean | Promise<boolean>;

export interface HubRepo {
  readonly kind?: 'model' | 'dataset';
  readonly id: string;
  /** By path. What is larger than `lfsFrom` bytes is in LFS: known by its sha256, and kept elsewhere. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The branch that it is. @default 'main' */
  readonly branch?: string;
  readonly lfsFrom?: number;
  /** The token that it takes. @default none is needed */
  readonly token?: string;
  readonly gated?: boolean;
}

interface Stored extends Required<Omit<HubRepo, 'token' | 'gated'>> {
  readonly token: string | undefined;
  readonly gated: boolean;
  readonly commit: string;
}

/** A server that only writes down what it is asked for. */
export class PlainServer {
  readonly seen: Seen[] = [];
  trick: Trick = () => false;
  protected readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      const one = {
        method,
        path: url,
        token: headers.authorization,
        range: headers.range,
        ifRange: String(headers['if-range'] ?? '') || undefined,
      };
      this.seen.push(one);
      Promise.resolve(this.trick(request, response, one))
        .then((done) => (done ? undefined : this.answer(request, response, one)))
        .catch(() => response.destroy());
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  protected answer(_request: IncomingMessage, response: ServerResponse, _seen: Seen): void | Promise<void> {
    response.writeHead(404).end();
  }
}

/** Where the contents of large files are: another host, which gives them to whoever has the link. */
export class StorageServer extends PlainServer {
  /** By sha256. */
  readonly objects = new Map<string, Uint8Array>();

  protected override async answer(
    request: IncomingMessage,
    response: ServerResponse,
    seen: Seen,
  ): Promise<void> {
    const oid = /^\/lfs\/([0-9a-f]{64})/.exec(seen.path)?.[1] ?? '';
    if (seen.method === 'PUT') {
      this.objects.set(oid, await bodyOf(request));
      response.writeHead(200).end();
      return;
    }
    const bytes = this.objects.get(oid);
    if (bytes) sendBytes(response, seen, bytes, `s3-${oid.slice(0, 8)}`);
    else response.writeHead(403).end();
  }
}

/** The hub, and the other server that it sends to for what is in LFS. */
export class HubServer extends PlainServer {
  readonly repos: Stored[] = [];
  readonly storage = new StorageServer();
  /** What was pushed: repository, path, content. */
  readonly pushed: { id: string; path: string; content: Buffer }[] = [];
  readonly created: { id: string; visibility: unknown }[] = [];
  /** The token that may write. @default any may */
  writeToken: string | undefined;
  override async start(): Promise<this> {
    await this.storage.start();
    return super.start();
  }

  override async stop(): Promise<void> {
    await this.storage.stop();
    await super.stop();
  }

  /** Takes in a repository; gives its commit. */
  add({ kind = 'model', branch = 'main', lfsFrom = 10_000, ...repo }: HubRepo): string {
    const all = Object.entries(repo.files).flatMap(([path, bytes]) => [path, sha256(bytes)]);
    const commit = createHash('sha1')
      .update([kind, repo.id, branch, ...all].join())
      .digest('hex');
    const at = this.repos.findIndex(
      (each) => each.id === repo.id && each.kind === kind && each.branch === branch,
    );
    if (at >= 0) this.repos[at] = { ...this.repos[at]!, branch: 'old' };
    this.repos.push({ kind, branch, lfsFrom, token: undefined, gated: false, ...repo, commit });
    for (const bytes of Object.values(repo.files)) this.storage.objects.set(sha256(bytes), bytes);
    return commit;
  }

  /** A repository of a folder's files. */
  addFolder(id: string, folder: string, more: Partial<HubRepo> = {}): string {
    const names = readdirSync(folder).filter((name) => !name.startsWith('expected'));
    const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
    return this.add({ id, ...more, files: { ...files, ...more.files } });
  }

  protected override async answer(
    request: IncomingMessage,
    response: ServerResponse,
    seen: Seen,
  ): Promise<void> {
    const url = new URL(seen.path, this.url);
    const json = (value: unknown, status = 200, headers = {}): void => {
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value));
    };
    if (seen.method !== 'GET') return this.#push(request, url, json);
    const made = this.created.find((each) => url.pathname === `/api/models/${each.id}/revision/main`);
    if (made) {
      const isPrivate = made.visibility === 'private';
      json({ _id: '1', id: made.id, private: isPrivate, lastModified: '2024-01-01T00:00:00Z' });
      return;
    }
    const info = /^\/api\/(model|dataset)s\/(.+)\/revision\/([^/]+)$/.exec(url.pathname);
    const tree = /^\/api\/(model|dataset)s\/(.+)\/tree\/([^/]+)$/.exec(url.pathname);
    const file = /^\/(datasets\/)?([^/]+(?:\/[^/]+)?)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const [, kind, id = '', revision = ''] = info ?? tree ?? file ?? [];
    const isDataset = kind === 'dataset' || kind === 'datasets/';
    const found = this.repos.filter(
      (each) => each.id === id && each.kind === (isDataset ? 'dataset' : 'model'),
    );
    const repo = found.find((each) => [each.branch, each.commit].includes(decodeURIComponent(revision)));
    const refusal = this.#refuse(found[0], seen);
    if (refusal) {
      json({ error: refusal[1] }, refusal[0], { 'x-error-code': refusal[2] });
      return;
    }
    if (!repo) {
      json({ error: 'Invalid rev id' }, 404, { 'x-error-code': 'RevisionNotFound' });
      return;
    }
    if (info) {
      json({ _id: '1', id, sha: repo.commit, private: false, lastModified: '2024-01-01T00:00:00Z' });
      return;
    }
    if (tree) {
      json(Object.entries(repo.files).map(([path, bytes]) => entryOf(path, bytes, repo.lfsFrom)));
      return;
    }
    const path = decodeURIComponent(file?.[4] ?? '');
    const bytes = Object.hasOwn(repo.files, path) ? repo.files[path] : undefined;
    if (!bytes) {
      json({ error: 'Entry not found' }, 404, { 'x-error-code': 'EntryNotFound' });
      return;
    }
    if (bytes.length < repo.lfsFrom) {
      sendBytes(response, seen, bytes, gitSha1(bytes));
      return;
    }
    const linked = {
      'x-linked-etag': `"${sha256(bytes)}"`,
      'x-linked-size': bytes.length,
      'x-repo-commit': repo.commit,
    };
    response
      .writeHead(302, { location: `${this.storage.url}/lfs/${sha256(bytes)}?signed=1`, ...linked })
      .end();
  }

  /** As the hub does: who may not see a repository isn't told that there is one. */
  #refuse(repo: Stored | undefined, { token }: Seen): [number, string, string] | undefined {
    const isHidden = !repo || (repo.token !== undefined && token !== `Bearer ${repo.token}`);
    if (repo?.gated && isHidden) {
      return [
        token === undefined ? 401 : 403,
        `Access to ${repo.kind} ${repo.id} is restricted.`,
        'GatedRepo',
      ];
    }
    if (!isHidden) return undefined;
    if (token === undefined) return [401, 'Invalid username or password.', 'RepoNotFound'];
    return [404, 'Repository not found', 'RepoNotFound'];
  }

  async #push(
    request: IncomingMessage,
    url: URL,
    json: (value: unknown, status?: number) => void,
  ): Promise<void> {
    const body = await bodyOf(request);
    const { pathname } = url;
    const token = request.headers.authorization;
    if (this.writeToken !== undefined && token !== `Bearer ${this.writeToken}`) {
      json({ error: 'Invalid credentials in Authorization header' }, 401);
      return;
    }
    if (pathname === '/api/repos/create') {
      const { name, organization, visibility } = JSON.parse(String(body)) as Record<string, string>;
      const id = `${organization}/${name}`;
      if (this.created.some((each) => each.id === id)) {
        json({ error: 'You already created this model repo' }, 409);
        return;
      }
      this.created.push({ id, visibility });
      json({ url: `${this.url}/${id}`, id });
      return;
    }
    const id = /^\/(?:api\/models\/)?([^/]+\/[^/.]+)(?:\.git)?\//.exec(pathname)?.[1] ?? '';
    if (pathname.includes('/preupload/')) {
      const { files } = JSON.parse(String(body)) as { files: { path: string; size: number }[] };
      json({
        files: files.map(({ path, size }) => ({ path, uploadMode: size > 10_000 ? 'lfs' : 'regular' })),
      });
      return;
    }
    if (pathname.endsWith('/info/lfs/objects/batch')) {
      const { objects } = JSON.parse(String(body)) as { objects: { oid: string; size: number }[] };
      const upload = (oid: string) => ({ upload: { href: `${this.storage.url}/lfs/${oid}` } });
      json({
        transfer: 'basic',
        objects: objects.map(({ oid, size }) => ({ oid, size, actions: upload(oid) })),
      });
      return;
    }
    if (pathname.includes('/commit/')) {
      for (const line of String(body)
        .split('\n')
        .filter((each) => each !== '')) {
        const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
        const path = value['path'] ?? '';
        if (key === 'file')
          this.pushed.push({ id, path, content: Buffer.from(value['content'] ?? '', 'base64') });
        if (key === 'lfsFile')
          this.pushed.push({ id, path, content: Buffer.from(this.storage.objects.get(value['oid'] ?? '')!) });
      }
      json({ commitOid: 'c'.repeat(40), commitUrl: `${this.url}/${id}/commit/${'c'.repeat(40)}` });
      return;
    }
    json({ error: 'not found' }, 404);
  }
}

/** Bytes as a server sends them that knows ranges. */
export function sendBytes(response: ServerResponse, seen: Seen, bytes: Uint8Array, etag: string): void {
  const from = Number(/^bytes=(\d+)-$/.exec(seen.range ?? '')?.[1] ?? 0);
  const headers = { etag: `"${etag}"`, 'accept-ranges': 'bytes' };
  if (from > 0 && (seen.ifRange === undefined || seen.ifRange === headers.etag)) {
    if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...headers, 'content-range': range, 'content-length': bytes.length - from });
    response.end(bytes.subarray(from));
    return;
  }
  response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
}

/** Sends only the first bytes of what was asked for, then cuts the connection. */
export function cutAfter(
  response: ServerResponse,
  seen: Seen,
  bytes: Uint8Array,
  etag: string,
  most: number,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(seen.range ?? '')?.[1] ?? 0);
  const headers = { etag: `"${etag}"`, 'content-length': bytes.length - from };
  if (from > 0)
    response.writeHead(206, {
      ...headers,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
  else response.writeHead(200, headers);
  response.write(bytes.subarray(from, from + most), () => setTimeout(() => response.destroy(), 5));
}

function entryOf(path: string, bytes: Uint8Array, lfsFrom: number): object {
  const entry = { type: 'file', path, size: bytes.length };
  if (bytes.length < lfsFrom) return { ...entry, oid: gitSha1(bytes) };
  // What Git has of it is a pointer.
  return {
    ...entry,
    oid: gitSha1(Buffer.from(path)),
    lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 },
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitSha1(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
