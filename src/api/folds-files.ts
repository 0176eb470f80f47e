/** What a cross-validation leaves in its folder. */
import { placeOf } from '../data/example.js';
import { csvLine } from '../data/write.js';
import { argmax } from '../evaluate/metrics.js';
import { probabilitiesOf } from '../evaluate/probabilities.js';
import { makeFolder, writeFileAtomic } from '../files/atomic.js';
import { exists } from '../files/read.js';
import { FileError } from '../util/errors.js';
import type { CrossValidation } from './folds.js';

/** The file with a row for each text. */
export const OUT_OF_FOLD = 'out_of_fold.csv';
export const FOLDS_FILE = 'folds.json';

/** Refuses, before hours are spent, a folder that has the files of an earlier one. */
export async function requireNoFolds(folder: string, force: boolean): Promise<void> {
  if (force) return;
  for (const name of [OUT_OF_FOLD, FOLDS_FILE]) {
    if (!(await exists(`${folder}/${name}`))) continue;
    throw new FileError(`${folder}/${name} is there already: choose another --out or pass --force`);
  }
}

/** Writes both files, whole or not at all. */
export async function saveFolds(folder: string, result: CrossValidation): Promise<void> {
  await makeFolder(folder);
  await writeFileAtomic(`${folder}/${OUT_OF_FOLD}`, outOfFoldTable(result));
  await writeFileAtomic(`${folder}/${FOLDS_FILE}`, `${JSON.stringify(foldsDocument(result), null, 2)}\n`);
}

/** What `folds.json` holds, and `bertune train --folds --json` prints. */
export function foldsDocument(result: CrossValidation): object {
  const { labels, settings, metrics, intervals, reliability, folds, accuracy, f1, loss } = result;
  return {
    labels,
    ...{ accuracy_mean: accuracy.mean, accuracy_std: accuracy.std, f1_mean: f1.mean, f1_std: f1.std },
    ...{ loss_mean: loss.mean, loss_std: loss.std },
    folds: folds.map((each, i) => ({ fold: i + 1, ...each })),
    out_of_fold: { ...metrics, confidence_intervals: intervals, ...reliability },
    settings,
  };
}

/** Where each text is from, its label, and what the model that has not seen it says. */
function outOfFoldTable({ examples, labels, labelIds, foldOf, logits }: CrossValidation): string {
  const header = [
    'place',
    'text',
    'label',
    'fold',
    'predicted',
    'score',
    ...labels.map((label) => `p_${label}`),
  ];
  const rows = examples.map((example, i) => {
    const probabilities = probabilitiesOf(logits[i]!, undefined);
    const best = argmax(logits[i]!);
    return csvLine([
      ...[placeOf(example), example.text, labels[labelIds[i]!]!, String(foldOf[i]! + 1)],
      ...[labels[best]!, ...[probabilities[best]!, ...probabilities].map(String)],
    ]);
  });
  return csvLine(header) + rows.join('');
}
