/** What a run's files say of this machine, as others may read it: a card or an export is often published. */
import { BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { isObject } from '../util/objects.js';

/**
 * The name of data without the folders that it lies in; names on the hub stay whole.
 *
 * ```ts
 * publicName('/home/ada/reviews.csv'); // 'reviews.csv'
 * publicName('2 files ("/home/ada/a.csv", "b.csv")'); // '2 files ("a.csv", "b.csv")'
 * publicName('hf://datasets/stanfordnlp/imdb'); // 'hf://datasets/stanfordnlp/imdb'
 * ```
 */
export function publicName(name: string): string {
  return /^\d+ files \(/.test(name)
    ? name.replace(/"([^"]*)"/g, (_, path: string) => `"${lastPart(path)}"`)
    : name.split(', ').map(lastPart).join(', ');
}

function lastPart(path: string): string {
  if (path.startsWith('hf://')) return path;
  const parts = path.split(/[/\\]/).filter((part) => part !== '');
  return parts.at(-1) ?? path;
}

/** Whether a run's original is on the hub under its name. A folder on somebody's disk has a name too, but no commit. */
export function isOnHub(baseModel: unknown, revision: unknown): boolean {
  return typeof revision === 'string' || baseModel === BUNDLED_MODEL_NAME;
}

/** A model's name as others may read it: on the hub whole, of a folder the last part. */
export function publicModel({
  baseModel,
  baseModelRevision,
}: {
  readonly baseModel: string;
  readonly baseModelRevision?: string | undefined;
}): string {
  return isOnHub(baseModel, baseModelRevision) ? baseModel : lastPart(baseModel);
}

/** What a run says of where it came from: names of files on somebody's machine. */
const OWN_BUSINESS = ['data', 'settings', 'versions', 'bag_of_words'];

/** `bertune.json` of a run for an export: how texts are read and answers are made, not what it was trained on. */
export function publicContract(run: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isKnown = isOnHub(run['base_model'], run['base_model_revision']);
  return Object.fromEntries(
    Object.entries(run)
      .filter(([name]) => !OWN_BUSINESS.includes(name) && (name !== 'base_model' || isKnown))
      .map(([name, value]) => [
        name,
        ['calibration', 'threshold'].includes(name) ? withoutData(value) : value,
      ]),
  );
}

/** A temperature and a threshold without which texts they were chosen on. */
function withoutData(part: unknown): unknown {
  if (!isObject(part)) return part;
  const { data: _, data_sha256: __, ...rest } = part;
  return rest;
}
