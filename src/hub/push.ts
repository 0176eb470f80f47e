/** A folder onto the hub, as its own package uploads it; the token goes where `request.ts` lets it. */
import { pathToFileURL } from 'node:url';
import { filesIn } from '../files/folder-bytes.js';
import { BertuneError, HubError, InterruptedError, messageOf, UsageError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import { HubStatus, NoConnection } from './failures.js';
import { isRepoId } from './names.js';
import { backOff, fetchFromHub, mayRetry } from './request.js';
import { hubSettings, type HubSettings } from './settings.js';

/** Sent as files arrive at the hub. */
export interface UploadEvent {
  /** Such as `org/name`. */
  readonly repo: string;
  /** Bytes that have arrived, and all. */
  readonly done: number;
  readonly total: number;
}

export interface PushOptions {
  /** Only its owners see it. @default as the organisation has it, mostly public */
  readonly isPrivate?: boolean | undefined;
  readonly onUpload?: ((event: UploadEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default those of the environment */
  readonly settings?: HubSettings | undefined;
}

export interface Pushed {
  /** The page of the repository. */
  readonly url: string;
  readonly commit: string;
}

/** The package wants a token where its own requests would send one. Ours never do: `fetchFromHub` has the real one. */
const NOT_THE_TOKEN = 'hf_';
/** A request may take as long as its body takes at so many bytes a second. */
const SLOWEST = 20_000;

/** Whether something can be pushed, asked before there is anything to push: a `UsageError` or `HubError` where not. */
export async function checkPush(id: string, given?: HubSettings): Promise<HubSettings> {
  if (!isRepoId(id) || !id.includes('/'))
    throw new UsageError(`--push ${id}: expected <org>/<name>, such as your-name/reviews.`);
  const settings = given ?? (await hubSettings());
  if (settings.offline) throw new HubError('HF_HUB_OFFLINE is set, so nothing can be pushed: unset it.');
  if (settings.token === undefined) {
    throw new HubError(
      `--push needs a token that may write: make one at ${settings.endpoint}/settings/tokens and set HF_TOKEN to it.`,
    );
  }
  return settings;
}

/**
 * Uploads all files of a folder as one commit, into a repository that is made where there is none. Nothing of it is seen on
 * the hub before all of it is there.
 *
 * @throws `HubError` in a line, with what to do; `InterruptedError` when the signal is set
 */
export async function pushFolder(folder: string, id: string, options: PushOptions = {}): Promise<Pushed> {
  const settings = await checkPush(id, options.settings);
  const { isPrivate = false, onUpload, signal } = options;
  try {
    const { createRepo, uploadFiles } = await import('@huggingface/hub');
    const files = await filesIn(folder);
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    const onSent = (bytes: number): void => {
      done = Math.min(total, done + bytes);
      onUpload?.({ repo: id, done, total });
    };
    const fetch = pushingFetch(settings, signal, onSent);
    const repo = { type: 'model', name: id } as const;
    const asking = { repo, fetch, hubUrl: settings.endpoint, accessToken: NOT_THE_TOKEN };
    try {
      await createRepo({ ...asking, ...(isPrivate && { visibility: 'private' }) });
    } catch (error) {
      if (!(error instanceof HubStatus && error.status === 409)) throw error;
      if (isPrivate) await refusePublic(id, asking);
    }
    const made = await uploadFiles({
      ...asking,
      files: files.map(({ name, path }) => ({ path: name, content: pathToFileURL(path) })),
      commitTitle: `Upload with bertune ${VERSION}`,
      // Its own protocol sends a token of its own, past `fetchFromHub`.
      useXet: false,
      ...(signal && { abortSignal: signal }),
    });
    onSent(total);
    return { url: `${settings.endpoint}/${id}`, commit: made?.commit.oid ?? '' };
  } catch (error) {
    if (signal?.aborted) throw new InterruptedError('stopped while uploading.', { cause: error });
    throw toPushError(error, id, settings);
  }
}

/** What is said to be private must not become public because the repository was there already. */
async function refusePublic(id: string, asking: { fetch: typeof fetch; hubUrl: string }): Promise<void> {
  const { modelInfo } = await import('@huggingface/hub');
  const { private: isPrivate } = await modelInfo({ name: id, ...asking, revision: 'main' });
  if (!isPrivate)
    throw new HubError(`${id} is there already and public: --private can't be kept. Choose another name.`);
}

/** A `fetch` for the package: patient with large bodies, asks again where that may help, and fails for refusals. */
function pushingFetch(
  settings: HubSettings,
  signal: AbortSignal | undefined,
  onSent: (bytes: number) => void,
): typeof fetch {
  return async (input, init = {}) => {
    const address = input instanceof Request ? input.url : String(input);
    const bytes = init.body instanceof Blob ? init.body.size : 0;
    const patient = { ...settings, timeoutMs: 6 * settings.timeoutMs + (1000 * bytes) / SLOWEST };
    // A commit that was made, and whose answer was lost, must not be made twice.
    const retries = address.includes('/commit/') ? 0 : settings.retries;
    for (let attempt = 1; ; attempt++) {
      try {
        const signals = [init.signal, signal].filter((each) => each instanceof AbortSignal);
        const response = await fetchFromHub(patient, address, { ...init, signal: AbortSignal.any(signals) });
        if (!response.ok) throw await HubStatus.of(response, settings.timeoutMs);
        if (init.method === 'PUT') onSent(bytes);
        return response;
      } catch (error) {
        if (attempt > retries || !mayRetry(error)) throw error;
        await backOff(settings, error, attempt, signal);
      }
    }
  };
}

/** Anything that an upload threw, as one line. The token is never part of it. */
function toPushError(thrown: unknown, id: string, { endpoint, token = '' }: HubSettings): Error {
  if (thrown instanceof BertuneError) return thrown;
  const hidden = (text: string): string => (token === '' ? text : text.replaceAll(token, '***'));
  if (thrown instanceof HubStatus) {
    const said = thrown.said === '' ? '' : ` (it says: ${hidden(thrown.said)})`;
    return new HubError(`${refusal(thrown.status, id, endpoint)}${said}.`);
  }
  if (thrown instanceof NoConnection)
    return new HubError(
      `${id} can't be uploaded: ${hidden(messageOf(thrown))}. Check the connection and try again.`,
    );
  return new HubError(`${id} can't be uploaded: ${hidden(messageOf(thrown))}.`, { cause: thrown });
}

function refusal(status: number, id: string, endpoint: string): string {
  const tokens = `${endpoint}/settings/tokens`;
  if (status === 401)
    return `the hub doesn't take the token in HF_TOKEN: make a new one that may write at ${tokens}`;
  if (status === 403) return `your token may not write to ${id}: make one that may at ${tokens}`;
  if (status === 404)
    return `${endpoint} has no place for ${id}, or your token may not see it: see ${tokens}`;
  if (status === 409) return `somebody else changed ${id} meanwhile: try again`;
  if (status === 429) return 'the hub has had too many requests from you: try again later';
  if (status >= 500) return `the hub has a fault (status ${status}) and takes no upload: try again later`;
  return `the hub refuses the upload to ${id} (status ${status})`;
}
