/** `bertune evaluate <run> <data>` */
import { Command } from 'commander';
import { evaluate, type Evaluation, type ModelDtype } from '../../index.js';
import { withDownloads } from '../download.js';
import { addColumns, addReading, dtypeOption, threadsOption, type ReadingFlags } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { headline, printDetails, printTables } from '../kinds.js';
import { answeredLine, bagOfWordsLine, reliabilityLine, sayBagOfWords } from '../scores.js';
import { plural, print, printJson } from '../terminal.js';

interface Flags extends ReadingFlags {
  readonly textColumn?: string;
  readonly textPairColumn?: string;
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
        'of a run, or of any folder with a fine-tuned BERT classifier; of several labels micro and macro F1, Hamming loss ' +
        'and average precision; of numbers Pearson, Spearman, R2 and mean errors.',
    )
    .argument(
      '<run>',
      'the folder of a run, of a model that another tool saved, or of an export; an ONNX file; or the name of a model on the hub',
    )
    .argument(
      '<data...>',
      'labelled texts: files, a folder with a folder for each class, or hf://datasets/<org>/<name>; - for standard input',
    );
  addColumns(command)
    .option('--baseline <data>', "what the bag of words learns from (default: the run's own training texts)")
    .option('--no-baseline', 'leave the bag of words out');
  return addReading(command)
    .addOption(dtypeOption())
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, data: string[], { json = false, ...options }: Flags) => {
      const result = await evaluateWithProgress(run, data, options);
      if (json) printJson(result, 2);
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
  const { confidence_intervals: intervals, bag_of_words, expected_calibration_error: error } = result;
  const { name, text } = headline(result, intervals);
  print(`${name.padEnd(11)}${text} on ${plural(result.examples, 'text')}`);
  if (bag_of_words) print(bagOfWordsLine(bag_of_words));
  printDetails(result, intervals);
  if (error !== undefined) print(reliabilityLine(error, result.uncalibrated?.expected_calibration_error));
  if (result.answered) print(answeredLine(result.answered));
  print(`Speed      ${result.examples_per_second.toFixed(1)} texts/s (${result.seconds.toFixed(1)} s)`);
  printTables(result);
}
