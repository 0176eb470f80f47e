/** A repository of the hub at one commit, as far as it is in the cache, and the rest of it on demand. */
import { CachedRepo } from '../files/hub-cache.js';
import { BertuneError, FileError, HubError, InterruptedError, messageOf } from '../util/errors.js';
import { gigabytes } from '../util/wording.js';
import { downloadBlob } from './download.js';
import { HubStatus, NoConnection, toHubError } from './failures.js';
import { checkFileNames, isCommit, nameOf, type RepoRef } from './names.js';
import { askingFetch } from './request.js';
import { hubSettings, type HubSettings } from './settings.js';
import { contentOf, parseTree, writeTree, type Tree, type TreeEntry } from './tree.js';
import type { HubUse } from './use.js';

/** Nobody's data has more; a server that lists on without end is left. */
const MOST_FILES = 200_000;
/** The hub puts a thousand on a page. */
const MOST_PAGES = 500;

export class Snapshot {
  #tree: Tree | undefined;

  private constructor(
    readonly ref: RepoRef,
    readonly commit: string,
    readonly repo: CachedRepo,
    private readonly settings: HubSettings,
    private readonly use: HubUse,
    /** Whether the hub can be asked. */
    private online: boolean,
  ) {}

  /**
   * Finds out which commit is meant. Of a full commit hash it is known; of a branch the hub is asked once, and where it
   * can't be reached the commit that the cache has is taken, with a note.
   */
  static async open(ref: RepoRef, use: HubUse): Promise<Snapshot> {
    const settings = use.settings ?? (await hubSettings());
    const repo = new CachedRepo(settings.cache, ref.kind, ref.id);
    const make = (commit: string, online: boolean): Snapshot =>
      new Snapshot(ref, commit, repo, settings, use, online);
    if (isCommit(ref.revision)) return make(ref.revision, !settings.offline);
    const known = await repo.readRef(ref.revision);
    if (settings.offline) {
      if (known !== undefined) return make(known, false);
      throw new HubError(
        `${nameOf(ref)} is not in the cache (${settings.cache}), and HF_HUB_OFFLINE is set, so the hub was not asked.`,
      );
    }
    try {
      // Where there is a copy nobody waits for a hub that is down.
      return make(await askForCommit(ref, settings, use.signal, known === undefined ? undefined : 0), true);
    } catch (error) {
      if (known === undefined || !isPassing(error)) throw stopped(use) ?? toHubError(error, ref, settings);
      const snapshot = make(known, false);
      snapshot.#noteCached(error);
      return snapshot;
    }
  }

  get folder(): string {
    return this.repo.snapshot(this.commit);
  }

  /** Whether the cache has a file. */
  has(name: string): Promise<boolean> {
    return this.repo.has(this.commit, name);
  }

  /** The names of the commit's files; where the hub can't be asked, of those in the cache. */
  async names(): Promise<readonly string[]> {
    const tree = await this.#files();
    return tree ? [...tree.keys()] : this.repo.files(this.commit);
  }

  /** Sees to it that the cache has these files. */
  async fetchAll(wanted: readonly string[]): Promise<void> {
    checkFileNames(wanted, nameOf(this.ref));
    await this.fetch(wanted);
    const tree = await this.#files();
    for (const name of wanted) {
      if (await this.has(name)) continue;
      throw new HubError(
        tree && !tree.has(name)
          ? `${nameOf(this.ref)} has no file ${name}.`
          : `${name} of ${nameOf(this.ref)} is not in the cache, and the hub can't be asked.`,
      );
    }
  }

  /** The same as far as the commit has them and the hub can be asked. */
  async fetch(wanted: readonly string[]): Promise<void> {
    const tree = await this.#files();
    const missing: string[] = [];
    for (const name of wanted) if (tree?.has(name) && !(await this.has(name))) missing.push(name);
    if (tree && missing.length > 0 && this.online) await this.#download(missing, tree);
    // The branch now leads to this commit.
    if (this.online && !isCommit(this.ref.revision)) await this.repo.writeRef(this.ref.revision, this.commit);
  }

  /** The commit's files; `undefined` where nobody can be asked. */
  async #files(): Promise<Tree | undefined> {
    this.#tree ??= parseTree(await this.repo.readTree(this.commit));
    if (this.#tree || !this.online) return this.#tree;
    const isThere = (await this.repo.files(this.commit)).length > 0;
    try {
      const entries = await askForTree(this, this.settings, this.use.signal, isThere ? 0 : undefined);
      const tree = new Map<string, NonNullable<ReturnType<typeof contentOf>>>();
      for (const [path, entry] of entries) {
        const content = contentOf(entry);
        if (content) tree.set(path, content);
        else throw new HubError(`${nameOf(this.ref)}: the hub gives no usable size and hash of "${path}".`);
      }
      await this.repo.writeTree(this.commit, writeTree(entries));
      return (this.#tree = tree);
    } catch (error) {
      if (!isThere || !isPassing(error))
        throw stopped(this.use) ?? toHubError(error, this.ref, this.settings);
      this.#noteCached(error);
      this.online = false;
      return undefined;
    }
  }

  #noteCached(error: unknown): void {
    const message = `${nameOf(this.ref)} is taken from the cache, as ${messageOf(error)}`;
    this.use.onEvent?.({ type: 'note', message });
  }

  async #download(names: readonly string[], tree: Tree): Promise<void> {
    const files = names.map((name) => ({ ...tree.get(name)!, name, url: this.#urlOf(name) }));
    const total = files.reduce((sum, { size }) => sum + size, 0);
    await this.#requireSpace(total);
    let before = 0;
    for (const file of files) {
      const { name } = file;
      const onProgress = (bytes: number): void => {
        this.use.onEvent?.({ type: 'download', repo: this.ref.id, file: name, done: before + bytes, total });
      };
      const onWait = (): void => {
        const message = `another process is downloading ${name} of ${nameOf(this.ref)}; waiting for it`;
        this.use.onEvent?.({ type: 'note', message });
      };
      try {
        await downloadBlob(this.settings, this.repo, file, { onProgress, onWait, signal: this.use.signal });
      } catch (error) {
        throw stopped(this.use) ?? toHubError(error, this.ref, this.settings, name);
      }
      before += file.size;
      onProgress(0);
    }
    for (const { name, hash } of files) await this.repo.link(this.commit, name, hash);
  }

  #urlOf(name: string): string {
    const { kind, id } = this.ref;
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `${this.settings.endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${id}/resolve/${this.commit}/${path}`;
  }

  async #requireSpace(bytes: number): Promise<void> {
    const free = await this.repo.freeBytes();
    if (free >= bytes) return;
    throw new FileError(
      `not enough space for ${nameOf(this.ref)} in ${this.settings.cache}: ${gigabytes(free)} free, ` +
        `${gigabytes(bytes)} needed: free some space, or name another folder by HF_HUB_CACHE.`,
    );
  }
}

/** Whether it failed for a reason that has nothing to do with what was asked for. */
function isPassing(error: unknown): error is HubStatus | NoConnection {
  return error instanceof NoConnection || (error instanceof HubStatus && error.isPassing);
}

/** The commit of a branch or tag. The package is given no token: `fetch` adds it where it belongs. */
async function askForCommit(
  ref: RepoRef,
  settings: HubSettings,
  signal: AbortSignal | undefined,
  retries: number | undefined,
): Promise<string> {
  const { modelInfo, datasetInfo } = await import('@huggingface/hub');
  const fetch = askingFetch(settings, signal, retries);
  const asking = { name: ref.id, revision: ref.revision, fetch, hubUrl: settings.endpoint };
  const found =
    ref.kind === 'model'
      ? await modelInfo({ ...asking, additionalFields: ['sha'] })
      : await datasetInfo({ ...asking, additionalFields: ['sha'] });
  const sha: unknown = found.sha;
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw new HubError(`${settings.endpoint} doesn't say which commit ${nameOf(ref)} is: is it a hub?`);
}

async function askForTree(
  { ref, commit }: Snapshot,
  settings: HubSettings,
  signal: AbortSignal | undefined,
  retries: number | undefined,
): Promise<Map<string, TreeEntry>> {
  const { listFiles } = await import('@huggingface/hub');
  const entries = new Map<string, TreeEntry>();
  const ask = askingFetch(settings, signal, retries);
  const pages = new Set<string>();
  const fetch: typeof ask = (page, init) => {
    pages.add(page instanceof Request ? page.url : String(page));
    if (++asked > pages.size || asked > MOST_PAGES)
      throw new HubError(
        `${nameOf(ref)}: the list of files goes round in a circle, or on for more than ${MOST_PAGES} pages.`,
      );
    return ask(page, init);
  };
  let asked = 0;
  const repo = { type: ref.kind, name: ref.id };
  const asking = { repo, fetch, hubUrl: settings.endpoint, revision: commit, recursive: true };
  for await (const { path, type, size, oid, lfs } of listFiles(asking)) {
    if (type === 'file') entries.set(path, { size, oid, lfs });
    if (entries.size > MOST_FILES) throw new HubError(`${nameOf(ref)} has more than ${MOST_FILES} files.`);
  }
  return entries;
}

/** The error of whoever asked to stop, if that is what happened. */
function stopped({ signal }: HubUse): BertuneError | undefined {
  if (signal?.aborted !== true) return undefined;
  return new InterruptedError('stopped while downloading; what has arrived is kept.');
}
