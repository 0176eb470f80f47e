/** `bertune evaluate <run> <data>` */
import { Command } from 'commander';
import { evaluate, type Evaluation, type ModelDtype } from '../../index.js';
import { withDownloads } from '../download.js';
import { addReading, dtypeOption, threadsOption, type ReadingFlags } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { bagOfWordsLine, interval, range, reliabilityLine, sayBagOfWords } from '../scores.js';
import { out, percent, print, shown, table, thousands } from '../terminal.js';

interface Flags extends ReadingFlags {
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly dtype?: ModelDtype;
  readonly threads?: number;
  readonly baseline?: string | false;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune evaluate runs/reviews test.csv
  bertune evaluate runs/reviews test.csv --json | jq .accuracy
  bertune evaluate ~/models/saved-by-python test.jsonl --label-column stars --truncation windows
`;

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('measure a model on labelled texts')
    .description(
      'Accuracy, F1, precision and recall, ROC AUC, Matthews correlation, cross-entropy and the confusion matrix ' +
        'of a run, or of any folder with a fine-tuned BERT classifier.',
    )
    .argument(
      '<run>',
      'the folder of a run, of a model that another tool saved, or of an export; an ONNX file; or the name of a model on the hub',
    )
    .argument(
      '<data...>',
      'labelled texts: files, a folder with a folder for each class, or hf://datasets/<org>/<name>; - for standard input',
    )
    .option('--text-column <name>', 'default: found by its usual names')
    .option('--label-column <name>', 'default: found by its usual names')
    .option('--baseline <data>', "what the bag of words learns from (default: the run's own training texts)")
    .option('--no-baseline', 'leave the bag of words out');
  return addReading(command)
    .addOption(dtypeOption())
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, data: string[], { json = false, ...options }: Flags) => {
      const result = await evaluateWithProgress(run, data, options);
      if (json) print(JSON.stringify(result, null, 2));
      else printEvaluation(result);
    });
}

async function evaluateWithProgress(
  run: string,
  data: readonly string[],
  options: Omit<Flags, 'json'>,
): Promise<Evaluation> {
  let bar: Progress | undefined;
  const onProgress = (done: number, total: number): void => {
    bar ??= progress('evaluating', total);
    bar.update(done, '');
  };
  try {
    return await interruptible('Stopping.', (signal) =>
      withDownloads((onEvent) =>
        evaluate(run, data, {
          ...options,
          signal,
          onProgress,
          onEvent,
          onBaseline: (texts) => {
            bar?.stop();
            sayBagOfWords(texts);
          },
        }),
      ),
    );
  } finally {
    bar?.stop();
  }
}

function printEvaluation(result: Evaluation): void {
  const { accuracy, examples, f1, precision, recall, roc_auc, matthews_correlation, loss, per_class } =
    result;
  const averaged = per_class.length === 2 ? `of "${shown(per_class[1]!.label, 30)}"` : 'mean of the classes';
  const intervals = result.confidence_intervals;
  print(
    `Accuracy   ${out.bold(percent(accuracy))} ${range(intervals.accuracy)} on ${thousands(examples)} texts`,
  );
  if (result.bag_of_words) print(bagOfWordsLine(result.bag_of_words));
  print(
    `F1         ${f1.toFixed(4)} ${interval(intervals.f1)}  precision ${precision.toFixed(4)}  recall ${recall.toFixed(4)}  (${averaged})`,
  );
  const areaRange = intervals.roc_auc === null ? '' : ` ${interval(intervals.roc_auc)}`;
  print(`ROC AUC    ${roc_auc === null ? 'none: a class is absent' : roc_auc.toFixed(4)}${areaRange}`);
  print(`Matthews   ${matthews_correlation.toFixed(4)} ${interval(intervals.matthews_correlation)}`);
  print(`Loss       ${loss.toFixed(4)}`);
  print(reliabilityLine(result, result.uncalibrated));
  print(`Speed      ${result.examples_per_second.toFixed(1)} texts/s (${result.seconds.toFixed(1)} s)`);
  print();
  const classes = per_class.map(({ label, precision: p, recall: r, f1: f, support }) => [
    shown(label, 30),
    p.toFixed(4),
    r.toFixed(4),
    f.toFixed(4),
    thousands(support),
  ]);
  print(table([['class', 'precision', 'recall', 'F1', 'texts'], ...classes], [1, 2, 3, 4]));
  print();
  const names = per_class.map(({ label }) => shown(label, 12));
  const rows = result.confusion_matrix.map((row, id) => [names[id]!, ...row.map(thousands)]);
  print(
    table(
      [['true \\ predicted', ...names], ...rows],
      names.map((_, column) => column + 1),
    ),
  );
}
