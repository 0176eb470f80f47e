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

/** A quantity, and what it is in each run; `null` where a run doesn't say. */
export interface ComparedRow {
  readonly name: string;
  readonly values: readonly (string | null)[];
  /** The place of the best value, where one is. */
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
  const tested = runs.map(([, { record }]) => {
    const data = isObject(record['data']) ? record['data'] : {};
    return JSON.stringify([data['test_sha256'] ?? data['train_sha256'], data['test'], data['test_examples']]);
  });
  return {
    problemType,
    runs: runs.map(([name]) => name),
    differences: differencesOf(runs),
    metrics: METRICS[problemType].flatMap(([field, name, digits, more]) => {
      const values = runs.map(([, { evalResults }]) => evalResults[`eval_${field}`]);
      const numbers = values.map((value) => (typeof value === 'number' ? value : null));
      if (numbers.every((value) => value === null)) return [];
      const write = (value: number): string =>
        IN_PERCENT.includes(field) ? (100 * value).toFixed(digits) : value.toFixed(digits);
      const unit = IN_PERCENT.includes(field) ? ' %' : '';
      return [
        {
          name,
          values: runs.map(([, { evalResults }], i) => {
            const value = numbers[i] ?? null;
            if (value === null) return null;
            const interval = intervalOf(evalResults, field);
            return `${write(value)}${unit}${interval ? ` (${write(interval[0])} to ${write(interval[1])})` : ''}`;
          }),
          best: bestOf(numbers, more),
        },
      ];
    }),
    costs: costRows(runs),
    sameTexts: new Set(tested).size === 1,
  };
}

function intervalOf(evalResults: RunJson['evalResults'], field: string): Interval | undefined {
  const all = evalResults['eval_confidence_intervals'];
  const interval = isObject(all) ? all[field] : undefined;
  return Array.isArray(interval) ? (interval as unknown as Interval) : undefined;
}

/** The place of the one best number; none where two share it. */
function bestOf(values: readonly (number | null)[], more: boolean): number | undefined {
  const there = values.filter((value) => value !== null);
  const best = more ? Math.max(...there) : Math.min(...there);
  const places = values.flatMap((value, i) => (value === best ? [i] : []));
  return there.length > 1 && places.length === 1 ? places[0] : undefined;
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
  const names = [...new Set(described.flatMap((each) => Object.keys(each)))];
  return names.flatMap((name) => {
    const values = described.map((each) => {
      const value = each[name];
      return value === null || value === undefined
        ? null
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);
    });
    return new Set(values).size === 1 ? [] : [{ name: spaced(name), values }];
  });
}

function costRows(runs: readonly (readonly [string, RunJson])[]): ComparedRow[] {
  const costs = runs.map(([, json]) => costsOf(json));
  const row = (
    name: string,
    of: (cost: (typeof costs)[number]) => number | undefined,
    write: (value: number) => string,
  ): ComparedRow => {
    const values = costs.map((cost) => of(cost) ?? null);
    return {
      name,
      values: values.map((value) => (value === null ? null : write(value))),
      best: bestOf(values, false),
    };
  };
  const all = [
    row('training', ({ trainSeconds }) => trainSeconds, clock),
    row('evaluation', ({ evaluationSeconds }) => evaluationSeconds, clock),
    row('memory at its peak', ({ peakMemory }) => peakMemory, gigabytes),
  ];
  return all.filter(({ values }) => values.some((value) => value !== null));
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
          Values in brackets are 95 % intervals. Where these overlap, <code>bertune compare</code> says
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
  if (!sameTexts || first?.best === undefined) return 'What was different, and what came of it';
  return html`<bdi>${runs[first.best]}</bdi> ${IS_BEST[problemType]} ${first.values[first.best]}`;
}

const IS_BEST: Readonly<Record<ProblemType, string>> = {
  single_label_classification: 'is right most often, on',
  multi_label_classification: 'has the highest F1 over all labels,',
  regression: 'is the least off, on average by',
};

function tableOf(title: string, runs: readonly string[], rows: readonly ComparedRow[]): Part {
  return html`<section>
    <h2>${title}</h2>
    <div class="card scroll">
      <table>
        <thead>
          <tr>
            <th></th>
            ${runs.map((run) => html`<th class="number" scope="col"><bdi>${run}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, values, best }) =>
              html`<tr>
                <td>${name}</td>
                ${values.map((value, i) => html`<td class="number ${i === best && 'best'}"><bdi>${value ?? '–'}</bdi></td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** The same as the document that commands print. */
export function comparisonDocument({ runs, differences, metrics, costs, sameTexts }: Comparison): object {
  const byRun = (rows: readonly ComparedRow[], i: number): Record<string, string | null> =>
    Object.fromEntries(rows.map(({ name, values }) => [name, values[i] ?? null]));
  return {
    same_texts: sameTexts,
    runs: runs.map((run, i) => ({
      run,
      metrics: byRun(metrics, i),
      costs: byRun(costs, i),
      differences: byRun(differences, i),
    })),
  };
}
