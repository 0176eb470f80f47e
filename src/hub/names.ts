/** Names that come from users and from the hub, and which of them may become a path. */
import { HubError, UsageError } from '../util/errors.js';
import type { RepoKind } from '../files/hub-cache.js';

/** A repository at a branch, a tag or a commit. */
export interface RepoRef {
  readonly kind: RepoKind;
  /** Such as `google-bert/bert-base-uncased`. */
  readonly id: string;
  readonly revision: string;
}

/** Data on the hub. */
export interface DatasetRef {
  readonly repo: RepoRef;
  /** Whether the branch was said, or is the usual one. */
  readonly revisionGiven: boolean;
  /** The configuration or the path of a file, where one is said. */
  readonly path: string | undefined;
  readonly split: string | undefined;
}

const DATASET_START = 'hf://datasets/';
const MODEL_START = 'hf://';
const USUAL_REVISION = 'main';

/** The hub's own rule: letters, digits, `-`, `_` and `.`, not two dots or dashes in turn. */
const PART = String.raw`(?!.*(?:--|\.\.))[A-Za-z0-9_][\w.-]{0,95}(?<![.-])`;
const ID = new RegExp(`^${PART}(?:/${PART})?$`);
const REVISION = /^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)))\w[\w.-]*(?:\/\w[\w.-]*)*(?<![/.])$/;

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** What may be a model on the hub: an id, perhaps with `@revision`; `hf://` before it says that it is. */
export function parseModelName(name: string): RepoRef | undefined {
  const said = name.startsWith(MODEL_START);
  const [id = '', ...revision] = (said ? name.slice(MODEL_START.length) : name).split('@');
  const ref = { kind: 'model', id, revision: revision.join('@') || USUAL_REVISION } as const;
  if (isRepoId(id) && REVISION.test(ref.revision)) return ref;
  if (!said) return undefined;
  throw new UsageError(
    `${name} is not the name of a model on the hub, such as hf://google-bert/bert-base-uncased.`,
  );
}

export const isRepoId = (id: string): boolean => ID.test(id) && !/\.(?:git|ipynb)$/.test(id);

/** Whether data is said to be on the hub. */
export const isDatasetName = (name: string): boolean => name.startsWith('hf://');

/** `hf://datasets/org/name[@revision][/configuration][:split]` */
export function parseDatasetName(name: string): DatasetRef {
  const rest = name.startsWith(DATASET_START) ? name.slice(DATASET_START.length) : '';
  const match =
    /^([^/@:]+\/[^/@:]+)(?:@(refs\/(?:convert|pr)\/\w+|[^/:]+))?(?:\/([^:]+?))?\/?(?::([^:]+))?$/.exec(rest);
  const [, id = '', revision = USUAL_REVISION, path, split] = match ?? [];
  const plainRevision = revision.replace(/%2f/gi, '/');
  if (!isRepoId(id) || !REVISION.test(plainRevision)) {
    throw new UsageError(
      `${name} is not the name of a data set on the hub, expected hf://datasets/<org>/<name>, perhaps with ` +
        `@<revision>, /<configuration> and :<split>, such as hf://datasets/stanfordnlp/imdb:test.`,
    );
  }
  if (path !== undefined) checkFileName(path, id);
  const repo = { kind: 'dataset', id, revision: plainRevision } as const;
  return { repo, revisionGiven: match?.[2] !== undefined, path, split };
}

/** Names that Windows gives to devices, whatever the ending. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?: *\.|$)/i;
/** What no name has that is meant well: controls, what changes the order of characters, and what divides paths somewhere. */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\\:]/;

/** Throws a `HubError` for a file's name that would lead out of its folder, on any system, or couldn't be written on one. */
export function checkFileName(name: string, repo: string): void {
  const isFit = (part: string): boolean =>
    part !== '' && part.length <= 255 && !/[. ]$/.test(part) && !DEVICE.test(part);
  if (!UNFIT.test(name) && name.split('/').every(isFit)) return;
  throw new HubError(
    `${repo} has a file named ${JSON.stringify(name)}, which could be written outside of its folder: not downloaded.`,
  );
}

/** As systems compare names for which neither case counts nor how a letter with an accent is put together. */
const folded = (name: string): string => name.normalize('NFC').toUpperCase();

/** The same for several that are written into one folder: none may hide another, where case doesn't count. */
export function checkFileNames(names: readonly string[], repo: string): void {
  const spellings = new Map<string, string>();
  for (const name of names) {
    checkFileName(name, repo);
    const parts = name.split('/');
    for (const depth of parts.keys()) {
      const isFile = depth === parts.length - 1;
      const place = parts.slice(0, depth + 1).join('/');
      const spelling = isFile ? place : `${place}/`;
      const other = spellings.get(folded(place));
      if (other !== undefined && (isFile || other !== spelling)) {
        throw new HubError(
          `${repo} has files that would be written over each other where case doesn't count: ` +
            `${JSON.stringify(name)} and ${JSON.stringify(other)}; not downloaded.`,
        );
      }
      spellings.set(folded(place), spelling);
    }
  }
}

/** How a repository is called in messages. */
export function nameOf({ kind, id, revision }: RepoRef): string {
  return `${kind === 'dataset' ? DATASET_START : ''}${id}${revision === USUAL_REVISION ? '' : `@${revision}`}`;
}
