/** The JSON files of a run that reports are made of. */
import { exists, isFolder, listFolder, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import type { RunJson } from '../report/from-run.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { quoteList } from '../util/wording.js';

/** @throws `ModelError` for a folder that is no run, or lacks one of them */
export async function runJson(run: string): Promise<RunJson> {
  if (!(await exists(`${run}/${RUN_MARK}`))) {
    const inside = await runsIn(run);
    throw new ModelError(
      `${run} is no run of bertune: it has no ${RUN_MARK}. ` +
        (inside.length > 0
          ? `It holds runs: ${quoteList(inside, 5)}. Name these.`
          : 'Reports are made of what "bertune train" saves.'),
    );
  }
  const json = async (name: string): Promise<Record<string, unknown>> => {
    if (!(await exists(`${run}/${name}`))) {
      throw new ModelError(
        `${run} has no ${name}: it is an export, or not whole. Reports are made of what "bertune train" saves: ` +
          'name the run itself, or train it again.',
      );
    }
    const value = await readJson(`${run}/${name}`);
    return isObject(value) ? value : {};
  };
  const record = await json(RUN_MARK);
  if (Array.isArray(record['labels']) && record['labels'].length === 0) {
    throw new ModelError(
      `${run} was pre-trained further and knows no labels, so there is nothing to report. Fine-tune it: ` +
        `bertune train <labelled texts> --model ${run}`,
    );
  }
  const [trainerState, evalResults] = [await json('trainer_state.json'), await json('eval_results.json')];
  return { record, trainerState, evalResults };
}

/** Runs in a folder, such as those of several seeds. */
async function runsIn(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return [];
  const found: string[] = [];
  for (const name of await listFolder(folder)) {
    if (await exists(`${folder}/${name}/${RUN_MARK}`)) found.push(`${folder}/${name}`);
  }
  return found;
}
