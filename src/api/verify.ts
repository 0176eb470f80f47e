/** Whether the files of a run are as they were written. */
import { checkpointName, checkpointSteps } from '../files/checkpoint-folder.js';
import { checkFiles, type CheckedFile } from '../files/manifest.js';
import { exists, listFolder } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import { ModelError } from '../util/errors.js';

/** A file of a run, or of a checkpoint in it. */
export interface VerifiedFile extends CheckedFile {
  /** `checkpoint-20`; absent for the run's own. */
  readonly checkpoint?: string;
}

export interface VerifiedRun {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** Whether the run is finished; else there are only its checkpoints. */
  readonly finished: boolean;
  /** Steps of its checkpoints, the newest first. */
  readonly checkpoints: readonly number[];
  readonly files: readonly VerifiedFile[];
}

/**
 * Reads every file that a run or a checkpoint in it was written with, and compares size and SHA-256 with its manifest.
 *
 * ```ts
 * const { ok, files } = await verifyRun('runs/reviews');
 * console.log(ok, files.length); // true 10
 * ```
 *
 * @throws `ModelError` for a folder that is no run, or has no manifest, as runs had none at first
 */
export async function verifyRun(run: string): Promise<VerifiedRun> {
  await listFolder(run); // says what is there instead of a folder
  const checkpoints = await checkpointSteps(run);
  const finished = await exists(`${run}/${RUN_MARK}`);
  if (!finished && checkpoints.length === 0) {
    throw new ModelError(`${run} is not a run: it has neither ${RUN_MARK} nor a checkpoint.`);
  }
  const own = finished ? await checkFiles(run) : [];
  if (!own && checkpoints.length === 0) {
    throw new ModelError(
      `${run} has no manifest.json that can be read, so nothing is known of how its files were written.`,
    );
  }
  const files: VerifiedFile[] = own ? [...own] : [faultyManifest()];
  for (const step of checkpoints) {
    const checkpoint = checkpointName(step);
    const checked = (await checkFiles(`${run}/${checkpoint}`)) ?? [faultyManifest()];
    files.push(...checked.map((file) => ({ ...file, checkpoint })));
  }
  return { ok: files.every(({ fault }) => fault === undefined), finished, checkpoints, files };
}

function faultyManifest(): CheckedFile {
  return { name: 'manifest.json', size: 0, fault: 'is missing or damaged' };
}
