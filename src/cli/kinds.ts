/** Scores as people read them, for each kind of problem. */
import type { Spread } from '../index.js';
import type { Baseline } from '../evaluate/simplest.js';
import type { AnyIntervals, AnyMetrics } from '../evaluate/measure.js';
import type { Metrics } from '../evaluate/metrics.js';
import type { MultiLabelMetrics } from '../evaluate/multi-label.js';
import { interval, range } from './scores.js';
import { quoteList } from '../util/wording.js';
import { out, percent, print, shown, table, thousands } from './terminal.js';

/** The score that stands for a kind, with what it may be off by: its name and the rest of the line. */
export function headline(metrics: AnyMetrics, intervals: AnyIntervals): { name: string; text: string } {
  const strong = (value: string): string => out.bold(out.green(value));
  switch (metrics.problem_type) {
    case 'single_label_classification':
      return { name: 'Accuracy', text: `${strong(percent(metrics.accuracy))} ${range(intervals.accuracy!)}` };
    case 'multi_label_classification':
      return {
        name: 'F1',
        text:
          `${strong(metrics.f1_micro.toFixed(4))} ${interval(intervals.f1_micro!)}  micro; ` +
          `macro ${metrics.f1_macro.toFixed(4)}, all labels right ${percent(metrics.subset_accuracy)}`,
      };
    case 'regression': {
      const { pearson, mae } = metrics;
      const found = intervals.pearson ? ` ${interval(intervals.pearson)}` : '';
      const value = pearson === null ? 'none: all numbers are the same' : strong(pearson.toFixed(4));
      return { name: 'Pearson', text: `${value}${found}  off by ${mae.toFixed(3)} on average` };
    }
  }
}

/** The same in a few words, for a line of progress. */
export function briefly(metrics: AnyMetrics): string {
  switch (metrics.problem_type) {
    case 'single_label_classification':
      return percent(metrics.accuracy);
    case 'multi_label_classification':
      return `F1 ${metrics.f1_micro.toFixed(4)}`;
    case 'regression':
      return `Pearson ${(metrics.pearson ?? 0).toFixed(4)}`;
  }
}

/** The first of the spreads, as its metric is told. */
export function spreadText(spreads: Readonly<Record<string, Spread>>): { name: string; text: string } {
  const [metric, { mean, std }] = Object.entries(spreads)[0]!;
  if (metric !== 'accuracy') {
    const name = metric === 'pearson' ? 'Pearson' : 'F1';
    return { name, text: `${out.bold(out.green(mean.toFixed(4)))} ± ${std.toFixed(4)}` };
  }
  return { name: 'Accuracy', text: `${out.bold(out.green(percent(mean)))} ± ${(100 * std).toFixed(1)}` };
}

/** What always giving the same answer reaches. */
export function baselineText(baseline: Baseline): string {
  if (baseline.value !== undefined) {
    return `off by ${baseline.mae.toFixed(3)} on average by always answering ${Number(baseline.value.toFixed(3))}`;
  }
  const score =
    baseline.accuracy === undefined ? `F1 ${baseline.f1_micro.toFixed(4)}` : percent(baseline.accuracy);
  return `${score} by always answering "${shown(baseline.label, 30)}"`;
}

/** All metrics but the headline, line by line, and what there is of single labels. */
export function printDetails(metrics: AnyMetrics, intervals: AnyIntervals): void {
  switch (metrics.problem_type) {
    case 'single_label_classification':
      printClasses(metrics, intervals);
      break;
    case 'multi_label_classification':
      printLabels(metrics, intervals);
      break;
    case 'regression': {
      const line = (name: string, value: number | null, of: readonly [number, number] | null): void => {
        const score = value === null ? 'none: all numbers are the same' : value.toFixed(4);
        print(`${name.padEnd(11)}${score}${of ? ` ${interval(of)}` : ''}`);
      };
      line('Spearman', metrics.spearman, intervals.spearman!);
      line('R2', metrics.r2, intervals.r2!);
      line('RMSE', metrics.rmse, intervals.rmse!);
      line('MAE', metrics.mae, intervals.mae!);
      line('MSE', metrics.mse, intervals.mse!);
    }
  }
}

function printClasses(metrics: Metrics, intervals: AnyIntervals): void {
  const { f1, precision, recall, roc_auc, matthews_correlation, loss, per_class } = metrics;
  const averaged = per_class.length === 2 ? `of "${shown(per_class[1]!.label, 30)}"` : 'mean of the classes';
  print(
    `F1         ${f1.toFixed(4)} ${interval(intervals.f1!)}  precision ${precision.toFixed(4)}  recall ${recall.toFixed(4)}  (${averaged})`,
  );
  const areaRange = intervals.roc_auc ? ` ${interval(intervals.roc_auc)}` : '';
  print(`ROC AUC    ${roc_auc === null ? 'none: a class is absent' : roc_auc.toFixed(4)}${areaRange}`);
  print(`Matthews   ${matthews_correlation.toFixed(4)} ${interval(intervals.matthews_correlation!)}`);
  print(`Loss       ${loss.toFixed(4)}`);
  const counts = per_class.length === 2 ? '' : ': in the means of F1, precision and recall it counts as 0';
  noteAbsent('is of', per_class, counts);
}

/** Which classes or labels the texts can say nothing of. */
function noteAbsent(
  verb: string,
  rows: readonly { readonly label: string; readonly support: number }[],
  counts: string,
): void {
  const absent = rows.filter(({ support }) => support === 0).map(({ label }) => shown(label, 30));
  if (absent.length > 0) print(`Note       no text here ${verb} ${quoteList(absent, 5)}${counts}`);
}

function printLabels(metrics: MultiLabelMetrics, intervals: AnyIntervals): void {
  const { precision_micro, recall_micro, f1_macro, hamming_loss, mean_average_precision, loss } = metrics;
  print(`           precision ${precision_micro.toFixed(4)}  recall ${recall_micro.toFixed(4)}  (micro)`);
  print(`F1 macro   ${f1_macro.toFixed(4)} ${interval(intervals.f1_macro!)}`);
  print(
    `Exact      ${percent(metrics.subset_accuracy)} ${range(intervals.subset_accuracy!)}  all labels right`,
  );
  print(
    `Hamming    ${hamming_loss.toFixed(4)} ${interval(intervals.hamming_loss!)}  of (text, label) pairs wrong`,
  );
  print(
    `mAP        ${mean_average_precision === null ? 'none: no text has a label' : mean_average_precision.toFixed(4)}`,
  );
  print(`Loss       ${loss.toFixed(4)}`);
  noteAbsent('has', metrics.per_label, ': in F1 macro it counts as 0, mAP leaves it out');
}

/** What there is of each class or label, as tables. */
export function printTables(metrics: AnyMetrics): void {
  if (metrics.problem_type === 'regression') return;
  print();
  const isMany = metrics.problem_type === 'multi_label_classification';
  const rows = isMany ? metrics.per_label : metrics.per_class;
  const cells = rows.map(({ label, precision, recall, f1, support }, id) => [
    shown(label, 30),
    ...[precision, recall, f1].map((value) => value.toFixed(4)),
    ...(isMany ? [metrics.per_label[id]!.average_precision?.toFixed(4) ?? '-'] : []),
    thousands(support),
  ]);
  const header = [
    isMany ? 'label' : 'class',
    'precision',
    'recall',
    'F1',
    ...(isMany ? ['AP'] : []),
    'texts',
  ];
  print(table([header, ...cells], header.slice(1).map((_, column) => column + 1))); // prettier-ignore
  if (isMany) return;
  print();
  printConfusions(metrics);
}

/** Classes whose matrix a terminal has room for. */
const MATRIX_CLASSES = 8;
/** Pairs of classes that are listed where there are more. */
const CONFUSIONS = 10;

/** What was taken for what: all of it, or the pairs of classes that are mixed up most often. */
function printConfusions({ per_class, confusion_matrix }: Metrics): void {
  if (per_class.length > MATRIX_CLASSES) {
    const wrong = confusion_matrix
      .flatMap((row, id) => row.map((count, predicted) => ({ id, predicted, count })))
      .filter(({ id, predicted, count }) => id !== predicted && count > 0)
      .sort((a, b) => b.count - a.count);
    if (wrong.length === 0) return;
    const name = (id: number): string => shown(per_class[id]!.label, 30);
    const most = wrong.slice(0, CONFUSIONS);
    const rows = most.map(({ id, predicted, count }) => [name(id), name(predicted), thousands(count)]);
    print(table([['mixed up most: true', 'predicted', 'texts'], ...rows], [2]));
    return;
  }
  const names = per_class.map(({ label }) => shown(label, 12));
  print(
    table(
      [
        ['true \\ predicted', ...names],
        ...confusion_matrix.map((row, id) => [names[id]!, ...row.map(thousands)]),
      ],
      names.map((_, column) => column + 1),
    ),
  );
}
