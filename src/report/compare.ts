/** Several runs beside each other: what was different about them, and what came of it. */
import type { Interval } from '../evaluate/bootstrap.js';
import { clock, gigabytes } from '../util/wording.js';
import { VERSION } from '../util/version.js';
import { UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { ProblemType } from '../util/problem.js';
import { costsOf, factsOf, problemTypeOf, type RunJson } from './from-run.js';
import { html, type Part } from './html.js';
import { page } from './page.js';
import { spaced } from './sections/facts.js';

/** What a quantity is in one run. */
export interface ComparedCell {
  /** As the run's files have it; `null` where they don't say. */
  readonly value: unknown;
  /** The same as people read it. */
  readonly text: string;
  /** Of a metric, at 95 %. */
  readonly interval?: Interval;
  /** The interval as people read it: `75.0 to 100.0`. */
  readonly range?: string;
}

/** A quantity, with a cell for each run. */
export interface ComparedRow {
  /** What the quantity is called in files, such as `roc_auc`. */
  readonly field: string;
  /** What people call it: `ROC AUC`. */
  readonly name: string;
  readonly cells: readonly ComparedCell[];
  /** The place of the best cell, where one is. */
  readonly best?: number | undefined;
}

/** A table of runs: a column for each. */
export interface Comparison {
  /** Of all of them. */
  readonly problemType: ProblemType;
  readonly runs: readonly string[];
  /** Settings and data that are not the same in all. */
  readonly differences: readonly ComparedRow[];
  readonly metrics: readonly ComparedRow[];
  readonly costs: readonly ComparedRow[];
  /** Whether all were evaluated on the same texts; without that their metrics say little of each other. */
  readonly sameTexts: boolean;
}

/** Metrics that are compared, the first of them in the page's verdict: field, name, how it is written, whether more is better. */
const METRICS: Readonly<
  Record<ProblemType, readonly (readonly [field: string, name: string, digits: number, more: boolean])[]>
> = {
  single_label_classification: [
    ['accuracy', 'accuracy', 1, true],
    ['f1', 'F1', 4, true],
    ['roc_auc', 'ROC AUC', 4, true],
    ['matthews_correlation', 'Matthews correlation', 4, true],
    ['loss', 'cross-entropy', 4, false],
    ['expected_calibration_error', 'calibration error', 1, false],
  ],
  multi_label_classification: [
    ['f1_micro', 'F1, all labels together', 4, true],
    ['f1_macro', 'F1, mean of labels', 4, true],
    ['subset_accuracy', 'texts with all labels right', 1, true],
    ['hamming_loss', 'labels wrong', 1, false],
    ['mean_average_precision', 'mean average precision', 4, true],
    ['loss', 'binary cross-entropy', 4, false],
  ],
  regression: [
    ['mae', 'mean absolute error', 4, false],
    ['rmse', 'root of the mean squared error', 4, false],
    ['pearson', 'Pearson correlation', 4, true],
    ['spearman', 'Spearman correlation', 4, true],
    ['r2', 'R²', 4, true],
  ],
};
const IN_PERCENT = ['accuracy', 'expected_calibration_error', 'subset_accuracy', 'hamming_loss'];

/**
 * @param runs each with what it is called, such as its folder
 * @throws `UsageError` for runs of different kinds of problem, whose metrics have nothing in common
 */
export function comparisonOf(runs: readonly (readonly [name: string, json: RunJson])[]): Comparison {
  const kinds = runs.map(([, json]) => problemTypeOf(json));
  const [problemType = 'single_label_classification'] = kinds;
  const other = kinds.findIndex((kind) => kind !== problemType);
  if (other > 0) {
    throw new UsageError(
      `${runs[0]![0]} is for ${problemType} and ${runs[other]![0]} for ${kinds[other]!}: only runs of the same kind have metrics to compare.`,
    );
  }
  const sameTexts = new Set(runs.map(([, { record }]) => testedOn(record))).size === 1;
  const metrics = METRICS[problemType].map((metric) => metricRow(runs, metric));
  return {
    problemType,
    runs: runs.map(([name]) => name),
    differences: differencesOf(runs),
    // Of metrics on different texts none is the best.
    metrics: withAny(metrics).map(({ best, ...row }) => ({ ...row, ...(sameTexts && { best }) })),
    costs: withAny(costRows(runs)),
    sameTexts,
  };
}

const withAny = (rows: readonly ComparedRow[]): ComparedRow[] =>
  rows.filter(({ cells }) => cells.some(({ value }) => value !== null));

/** What tells the test texts of a run: their file, or how they were drawn from the training texts. */
function testedOn({ data, settings }: RunJson['record']): string {
  const { test_sha256: file, train_sha256: of, test, test_examples: examples, source } = objectOf(data);
  if (typeof file === 'string') return JSON.stringify([file, examples]);
  const seed = objectOf(source)['split_seed'] ?? objectOf(settings)['seed'];
  return JSON.stringify([of, test, examples, seed]);
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

function metricRow(
  runs: readonly (readonly [string, RunJson])[],
  [field, name, digits, more]: (typeof METRICS)[ProblemType][number],
): ComparedRow {
  const isShare = IN_PERCENT.includes(field);
  const write = (value: number): string => (isShare ? 100 * value : value).toFixed(digits);
  const cells = runs.map(([, { evalResults }]): ComparedCell => {
    const value = evalResults[`eval_${field}`];
    if (typeof value !== 'number') return NOT_SAID;
    const interval = intervalOf(evalResults, field);
    const text = `${write(value)}${isShare ? ' %' : ''}`;
    return { value, text, ...(interval && { interval, range: interval.map(write).join(' to ') }) };
  });
  return { field, name, cells, best: bestOf(cells, more) };
}

const NOT_SAID: ComparedCell = { value: null, text: '–' };

function intervalOf(evalResults: RunJson['evalResults'], field: string): Interval | undefined {
  const all = evalResults['eval_confidence_intervals'];
  const interval = isObject(all) ? all[field] : undefined;
  return Array.isArray(interval) ? (interval as unknown as Interval) : undefined;
}

/** The place of the one best number; none where two share it, as far as people can see. */
function bestOf(cells: readonly ComparedCell[], more: boolean): number | undefined {
  const there = cells.map(({ value }) => value).filter((value) => typeof value === 'number');
  if (there.length < 2) return undefined;
  const best = more ? Math.max(...there) : Math.min(...there);
  const place = cells.findIndex(({ value }) => value === best);
  return cells.filter(({ text }) => text === cells[place]!.text).length === 1 ? place : undefined;
}

function differencesOf(runs: readonly (readonly [string, RunJson])[]): ComparedRow[] {
  const described = runs.map(([name, { record }]): Record<string, unknown> => {
    const { settings, data, baseModel, labels } = factsOf(record, name);
    const { train, train_examples, test, test_examples } = data;
    return {
      model: baseModel,
      classes: labels.length,
      train,
      train_examples,
      test,
      test_examples,
      ...settings,
    };
  });
  const fields = [...new Set(described.flatMap((each) => Object.keys(each)))];
  return fields.flatMap((field) => {
    const cells = described.map((each): ComparedCell => {
      const value = each[field] ?? null;
      if (value === null) return NOT_SAID;
      return { value, text: typeof value === 'string' ? value : JSON.stringify(value) };
    });
    return new Set(cells.map(({ text }) => text)).size === 1 ? [] : [{ field, name: spaced(field), cells }];
  });
}

function costRows(runs: readonly (readonly [string, RunJson])[]): ComparedRow[] {
  const costs = runs.map(([, json]) => costsOf(json));
  const row = (
    field: string,
    name: string,
    of: (cost: (typeof costs)[number]) => number | undefined,
    write: (value: number) => string,
  ): ComparedRow => {
    const cells = costs
      .map(of)
      .map((value) => (value === undefined ? NOT_SAID : { value, text: write(value) }));
    return { field, name, cells, best: bestOf(cells, false) };
  };
  return [
    row('train_seconds', 'training', ({ trainSeconds }) => trainSeconds, clock),
    row('evaluation_seconds', 'evaluation', ({ evaluationSeconds }) => evaluationSeconds, clock),
    row('peak_memory_bytes', 'memory at its peak', ({ peakMemory }) => peakMemory, gigabytes),
  ];
}

/** A page of the table. */
export function renderComparison(comparison: Comparison): Promise<string> {
  const { runs, differences, metrics, costs, sameTexts } = comparison;
  return page({
    title: `${runs.length} runs compared`,
    body: html`<header>
        <h1>${runs.length} runs</h1>
        <p class="verdict">${headline(comparison)}</p>
        <p>
          Below a metric stands its 95 % interval. Where these overlap, <code>bertune compare</code> says
          whether a difference is more than chance.
        </p>
        ${!sameTexts && html`<p class="warning">These runs were evaluated on different texts: their metrics can't be compared.</p>`}
      </header>
      ${tableOf('What came of it', runs, [...metrics, ...costs])}
      ${
        differences.length > 0
          ? tableOf('What was different', runs, differences)
          : html`<section>
              <h2>What was different</h2>
              <p class="note">Nothing that the runs write down.</p>
            </section>`
      }
      <footer>Made with bertune ${VERSION}.</footer>`,
  });
}

function headline({ problemType, runs, metrics, sameTexts }: Comparison): Part {
  const first = metrics[0];
  if (!sameTexts || first?.best === undefined) return 'What came of it, and what was different';
  return html`<bdi>${runs[first.best]}</bdi> ${IS_BEST[problemType]} ${withRange(first.cells[first.best]!)}`;
}

/** `88.3 % (86.2 to 90.3)` */
export const withRange = ({ text, range }: ComparedCell): string =>
  range === undefined ? text : `${text} (${range})`;

const IS_BEST: Readonly<Record<ProblemType, string>> = {
  single_label_classification: 'is right most often, on',
  multi_label_classification: 'has the highest F1 over all labels,',
  regression: 'is the least off, on average by',
};

function tableOf(title: string, runs: readonly string[], rows: readonly ComparedRow[]): Part {
  return html`<section>
    <h2>${title}</h2>
    <div class="card scroll">
      <table class="compared">
        <thead>
          <tr>
            <th></th>
            ${runs.map((run) => html`<th class="number" scope="col"><bdi>${run}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, cells, best }) =>
              html`<tr>
                <th scope="row">${name}</th>
                ${cells.map((cell, i) => html`<td class="number ${i === best && 'best'}"><bdi>${cell.text}</bdi> ${cell.range !== undefined && html`<span class="share">${cell.range}</span>`}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** The same as the document that commands print: numbers under the names that files have for them. */
export function comparisonDocument({
  problemType,
  runs,
  differences,
  metrics,
  costs,
  sameTexts,
}: Comparison): object {
  const byField = (rows: readonly ComparedRow[], of: (row: ComparedRow) => unknown): object =>
    Object.fromEntries(rows.map((row) => [row.field, of(row)]));
  return {
    problem_type: problemType,
    same_texts: sameTexts,
    runs: runs.map((run, i) => ({
      run,
      metrics: byField(metrics, ({ cells }) => cells[i]!.value),
      confidence_intervals: byField(
        metrics.filter(({ cells }) => cells[i]!.interval),
        ({ cells }) => cells[i]!.interval,
      ),
      costs: byField(costs, ({ cells }) => cells[i]!.value),
      differences: byField(differences, ({ cells }) => cells[i]!.value),
    })),
  };
}
