/** `bertune errors <run> <data...>` */
import { Command, Option } from 'commander';
import { findErrors, type ErrorAnalysis, type ListedError } from '../../index.js';
import { largestOf } from '../../explain/ranking.js';
import type { Slice } from '../../evaluate/slices.js';
import { withDownloads } from '../download.js';
import { colouredText, legend, textsIn } from '../explanation.js';
import { addColumns, numeric, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { range } from '../scores.js';
import { out, percent, plural, print, printJson, shown, table, thousands, wrapped } from '../terminal.js';

interface Flags {
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly top: number;
  readonly explain: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune errors runs/reviews test.csv
  bertune errors runs/reviews test.csv --top 3
  bertune errors runs/reviews test.csv --json > errors.json
`;

export function errorsCommand(): Command {
  const command = new Command('errors')
    .summary('show where a model fails on labelled texts')
    .description(
      'Accuracy by class, by length and by how much of a text was cut off, with 95 % intervals, and the errors that the ' +
        'model is surest of, their words coloured by what they add to the wrong label.',
    )
    .argument(
      '<run>',
      'the folder of a run, or of a model that another tool saved, or the name of a model on the hub',
    )
    .argument('<data...>', 'labelled texts, as for "bertune evaluate"');
  return addColumns(command)
    .addOption(
      new Option('--top <number>', 'how many errors are listed').argParser(numeric('--top')).default(5),
    )
    .option('--no-explain', 'list errors without the contributions of their words')
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(errors);
}

async function errors(
  run: string,
  data: string[],
  { top, json = false, explain, ...flags }: Flags,
): Promise<void> {
  let bar: Progress | undefined;
  let doing = '';
  const onProgress = (what: string, done: number, total: number): void => {
    if (what !== doing) {
      bar?.stop();
      bar = progress(what, total);
      doing = what;
    }
    bar?.update(done, '');
  };
  const result = await interruptible('Stopping.', (signal) =>
    withDownloads((onEvent) =>
      findErrors(run, data, {
        ...{ ...flags, most: top, signal, onEvent, onProgress },
        ...(!explain && { explain }),
      }),
    ),
  ).finally(() => bar?.stop());
  if (json) printJson(result, 2);
  else printErrors(result);
}

function printErrors(result: ErrorAnalysis): void {
  const { accuracy, interval, examples, errors: count, worst } = result;
  print(
    `Accuracy   ${out.bold(percent(accuracy))} ${range(interval)}: ${plural(count, 'error')} in ${plural(examples, 'text')}`,
  );
  printSlices('by class', result.by_class);
  printSlices('by length', result.by_length);
  printSlices('by cut', result.by_cut);
  if (worst.length === 0) return;
  // Without colours nothing shows what words add.
  const key = worst[0]?.words ? legend() : undefined;
  print();
  print(`The errors that it is surest of${key ? ', words by what they add to the wrong label' : ''}`);
  if (key) print(key);
  for (const each of worst) printError(each);
}

function printSlices(title: string, slices: readonly Slice[]): void {
  if (slices.length < 2) return; // no more than is said already
  print();
  const rows = slices.map(({ name, examples, accuracy, interval }) => [
    shown(name, 30),
    thousands(examples),
    percent(accuracy),
    range(interval),
  ]);
  print(table([[title, 'texts', 'accuracy', '95 %'], ...rows], [1, 2]));
}

function printError({ place, label, predicted, score, words, ...texts }: ListedError): void {
  print();
  const what = `"${shown(predicted, 30)}" ${percent(score)}, is "${shown(label, 30)}"`;
  print(`${out.bold(shown(place, 60))}  ${what}`);
  const parts = textsIn({ words: words ?? [], ...texts });
  // The colours of both texts of a pair have one scale.
  const largest = largestOf(parts.flatMap((part) => part.words));
  for (const { name, ...each } of parts) {
    if (name !== undefined) print(out.dim(`${name} text`));
    print(wrapped(words ? colouredText(each, largest) : shown(each.text, 600)));
  }
}
