/** The report of a run: written when it is trained, made again from its folder, or of other texts. */
import { basename, resolve } from 'node:path';
import { writeContract } from '../checkpoint/contract.js';
import type { RunFiles } from '../checkpoint/save.js';
import { encodeTargets } from '../data/problem.js';
import { calibratedLogits } from '../evaluate/probabilities.js';
import { confidentErrors } from '../evaluate/slices.js';
import { explanationHtml } from '../explain/html.js';
import { writeFileAtomic } from '../files/atomic.js';
import { renewManifest } from '../files/manifest.js';
import { exists, readText } from '../files/read.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import type { AnyReport } from '../report/data.js';
import type { Comparison } from '../report/compare.js';
import {
  bagOfWordsOf,
  problemTypeOf,
  reportFromRun,
  reportOfTexts,
  type RunJson,
} from '../report/from-run.js';
import { parsePredictions, writePredictions, type Predictions } from '../report/predictions.js';
import { writtenOf } from '../tokenizer/pair.js';
import { ModelError, UsageError } from '../util/errors.js';
import { columnsOf, dataName, placeIn, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { requireKind } from './kinds.js';
import { runJson } from './run-json.js';
import { beginnings, predictionsOf } from './tested.js';
import { keptBagOfWords } from './training-texts.js';

export const REPORT_FILE = 'report.html';
export const PREDICTIONS_FILE = 'predictions.jsonl';

/** The files of a run that its report is made of, and the report. */
export async function reportFiles(
  out: string,
  { contract, record, trainerState, evalResults }: Omit<RunFiles, 'others'>,
  predictions: Predictions,
): Promise<Record<string, string>> {
  const { labels } = record;
  const lines = writePredictions(predictions, labels);
  // What is written is what a later report is made from, so this one is made from it too.
  const run = JSON.parse(
    JSON.stringify({ record: writeContract(contract, record), trainerState, evalResults }),
  ) as RunJson;
  const { renderReport } = await import('../report/report.js');
  const parsed = parsePredictions(lines, predictions.problemType, labels, PREDICTIONS_FILE);
  const data = reportFromRun(runName(out), run, parsed);
  return { [PREDICTIONS_FILE]: lines, [REPORT_FILE]: await renderReport(data) };
}

const runName = (folder: string): string => basename(resolve(folder));

export interface ReportOptions extends ColumnNames, ClassifierOptions {
  /** Labelled texts to make the report of, which are classified now. @default the run's own test texts, as they were classified then */
  readonly data?: DataInput;
  /** Where the page is written. @default `report.html` in the run's folder */
  readonly out?: string;
  /** How many of the errors that are shown are explained, word by word; it takes some seconds for each. @default 0 */
  readonly explain?: number;
  /** Called after each batch. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Makes a run's report again.
 *
 * ```ts
 * console.log(await report('runs/imdb-sample')); // runs/imdb-sample/report.html
 * ```
 *
 * @returns where it was written
 * @throws `ModelError` where the folder is no run, or keeps no predictions and there is no `data`
 */
export async function report(run: string, options: ReportOptions = {}): Promise<string> {
  const { out = `${run}/${REPORT_FILE}` } = options;
  const data =
    options.data === undefined ? await keptReport(run) : await freshReport(run, options.data, options);
  const explanations = await explanationsOf(run, data, options);
  const { renderReport } = await import('../report/report.js');
  await writeFileAtomic(out, await renderReport(data, explanations));
  if (options.out === undefined) await renewManifest(run, [REPORT_FILE]);
  return out;
}

/** Why the surest errors got their labels: pieces of the page, by the texts' places. */
async function explanationsOf(
  run: string,
  data: AnyReport,
  { explain = 0, ...options }: ReportOptions,
): Promise<ReadonlyMap<number, string> | undefined> {
  if (!Number.isSafeInteger(explain) || explain < 0) {
    throw new UsageError(`--explain is ${explain}, expected how many errors to explain, such as 10.`);
  }
  if (explain === 0) return undefined;
  if (data.problemType !== 'single_label_classification') {
    throw new UsageError(
      `${run} is for ${data.problemType}, and --explain is for errors in classes. Leave it out; "bertune explain" explains a text.`,
    );
  }
  const { predictions, calibration, facts } = data;
  const logits = calibratedLogits(predictions.map((each) => each.logits), { calibration }); // prettier-ignore
  const wrong = confidentErrors(logits, predictions.map(({ labelId }) => labelId)); // prettier-ignore
  // Of a text that is kept in part nobody knows what the model read.
  const whole = wrong.filter(
    ({ place }) => predictions[place]!.text !== undefined && predictions[place]!.shortened !== true,
  );
  const found = new Map<number, string>();
  // What was kept of the texts was cleaned when they were read.
  const classifier = await Classifier.load(run, {
    ...options,
    ...(options.data === undefined && { clean: 'none' }),
  });
  try {
    if (classifier.contract?.textPair === true) {
      throw new UsageError(
        `${run} is for pairs of texts, which are kept as one here. Leave --explain out; "bertune explain" explains a pair.`,
      );
    }
    for (const { place, predicted } of whole.slice(0, explain)) {
      const text = predictions[place]!.text!;
      const why = await classifier.explain(text, { label: facts.labels[predicted]!, signal: options.signal });
      found.set(place, explanationHtml(why));
    }
    return found;
  } finally {
    await classifier.release();
  }
}

async function keptReport(run: string): Promise<AnyReport> {
  const json = await runJson(run);
  const path = `${run}/${PREDICTIONS_FILE}`;
  if (!(await exists(path))) {
    throw new ModelError(
      `${run} keeps no ${PREDICTIONS_FILE}, as runs of earlier versions don't: give its test texts again with --data.`,
    );
  }
  const { labels } = json.record;
  const predictions = parsePredictions(
    await readText(path),
    problemTypeOf(json),
    Array.isArray(labels) ? labels.map(String) : [],
    path,
  );
  return reportFromRun(runName(run), json, predictions);
}

async function freshReport(run: string, data: DataInput, options: ReportOptions): Promise<AnyReport> {
  const { signal, onProgress } = options;
  const json = await runJson(run);
  const local = await withHubFiles(data, 'test', options);
  // The classifier cleans as it was trained; reading must not clean a second time.
  const examples = await readLabelled(local, columnsOf(options), {
    ...options,
    clean: 'none',
    problemType: problemTypeOf(json),
  });
  const classifier = await Classifier.load(run, options);
  try {
    requireKind(classifier.contract, examples, dataName(local));
    const texts = examples.map(writtenOf);
    const targets = encodeTargets(examples, classifier.problemType, classifier.labels, dataName(local));
    const logits = await classifier.logits(texts, {
      signal,
      onProgress: (done) => onProgress?.(done, texts.length),
    });
    const lengths = await classifier.lengths(texts);
    const kept = beginnings(examples);
    const tested = examples.map((example, i) => ({
      place: placeIn(local, example),
      ...kept[i]!,
      ...lengths[i]!,
    }));
    return reportOfTexts(runName(run), json, predictionsOf(tested, logits, targets, classifier.contract), {
      testName: dataName(local),
      bagOfWords: (await keptBagOfWords(run, local)) && bagOfWordsOf(json.record),
    });
  } finally {
    await classifier.release();
  }
}

export interface CompareReportOptions {
  /** Where a page of the table is written. @default nowhere */
  readonly out?: string;
}

/**
 * What was different about runs, and what came of it: a table with a column for each.
 *
 * ```ts
 * const { metrics } = await compareReports(['runs/a', 'runs/b']);
 * console.log(metrics[0].cells[0]); // { value: 0.883, text: '88.3 %', interval: [ 0.862, 0.903 ], range: '86.2 to 90.3' }
 * ```
 *
 * @throws `ModelError` for a folder that is no run, `UsageError` for runs of different kinds of problem or one named twice
 */
export async function compareReports(
  runs: readonly string[],
  { out }: CompareReportOptions = {},
): Promise<Comparison> {
  const { comparisonOf, renderComparison } = await import('../report/compare.js');
  const again = runs.find((run, i) => runs.findIndex((other) => resolve(other) === resolve(run)) < i);
  if (again !== undefined) {
    throw new UsageError(
      `${again} is named twice, and a run has nothing to be compared with in itself: name another.`,
    );
  }
  const read: [string, RunJson][] = [];
  for (const run of runs) read.push([run, await runJson(run)]);
  const comparison = comparisonOf(read);
  if (out !== undefined) await writeFileAtomic(out, await renderComparison(comparison));
  return comparison;
}
