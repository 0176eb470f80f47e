/** Changing what a run's `bertune.json` says of its probabilities; all else in the file stays as it is. */
import { writeFileAtomic } from '../files/atomic.js';
import { renewManifest } from '../files/manifest.js';
import { exists, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { parseContract, type Calibration, type Threshold } from './contract.js';
import { json } from './save.js';

/** The whole of a run's `bertune.json`. Throws a `ModelError` for a folder that isn't a run on this machine. */
export async function readRunRecord(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const path = `${folder}/${RUN_MARK}`;
  const record = (await exists(path)) ? await readJson(path) : undefined;
  if (!isObject(record)) {
    throw new ModelError(
      `${folder} has no ${RUN_MARK}, where its temperature would be kept: expected the folder of a run that bertune trained.`,
    );
  }
  parseContract(record, path);
  return record;
}

/**
 * Writes a temperature, and a threshold if there is one, in the place of what was there. The file is replaced whole: whoever
 * reads it meanwhile finds the old or the new one.
 */
export async function rewriteCalibration(
  folder: string,
  {
    calibration,
    threshold,
  }: { readonly calibration: Calibration; readonly threshold?: Threshold | undefined },
): Promise<void> {
  const { calibration: _, threshold: __, golden, ...rest } = await readRunRecord(folder);
  const record = { ...rest, calibration, ...(threshold && { threshold }), golden };
  await writeFileAtomic(`${folder}/${RUN_MARK}`, json(record));
  await renewManifest(folder, [RUN_MARK]);
}
