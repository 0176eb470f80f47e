/** `bertune compare <run> <run> <data>` */
import { Command } from 'commander';
import { compare, type CompareOptions, type ComparedRun, type PairedComparison } from '../../index.js';
import { withDownloads } from '../download.js';
import { addColumns, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { interval, range } from '../scores.js';
import { out, percent, plural, print, printJson, shown, table, thousands } from '../terminal.js';

type Flags = Pick<CompareOptions, 'textColumn' | 'textPairColumn' | 'labelColumn' | 'threads'> & {
  readonly json?: boolean;
};

const EXAMPLES = `
Examples:
  bertune compare runs/a runs/b test.csv
  bertune compare runs/a runs/b test.csv --json | jq .mcnemar.p_value
`;

export function compareCommand(): Command {
  const command = new Command('compare')
    .summary('say whether one model is really better than another')
    .description(
      "Accuracy and F1 of two models on the same texts, their difference with a 95 % interval (paired bootstrap), and McNemar's " +
        'exact test: whether the difference is more than the luck of these texts.',
    )
    .argument('<run>', 'the folder of a run, or the name of a model on the hub')
    .argument('<other>', 'another with the same labels')
    .argument('<data...>', 'labelled texts that neither has learnt from');
  return addColumns(command)
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, other: string, data: string[], { json = false, ...options }: Flags) => {
      let bar: Progress | undefined;
      const onProgress = (place: number, done: number, total: number): void => {
        bar ??= progress('reading', 2 * total);
        bar.update(place * total + done, '');
      };
      const result = await interruptible('Stopping.', (signal) =>
        withDownloads((onEvent) => compare(run, other, data, { ...options, signal, onProgress, onEvent })),
      ).finally(() => bar?.stop());
      if (json) printJson(result, 2);
      else printComparison(result);
    });
}

function printComparison({
  examples,
  a,
  b,
  difference,
  mcnemar,
  verdict,
  both_right,
  both_wrong,
}: PairedComparison): void {
  const points = (share: number): string => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)}`;
  const row = ({ run, accuracy, accuracy_interval, f1, f1_interval }: ComparedRun): string[] => [
    shown(run),
    `${percent(accuracy)} ${range(accuracy_interval)}`,
    `${f1.toFixed(4)} ${interval(f1_interval)}`,
  ];
  const { accuracy, accuracy_interval, f1, f1_interval } = difference;
  print(
    table([
      [`on ${plural(examples, 'text')}`, 'accuracy', 'F1'],
      row(a),
      row(b),
      [
        'difference',
        `${points(accuracy)} points ${range(accuracy_interval)}`,
        `${f1 < 0 ? '' : '+'}${f1.toFixed(4)} ${interval(f1_interval)}`,
      ],
    ]),
  );
  print();
  print(`Both are right on ${plural(both_right, 'text')}, and both wrong on ${thousands(both_wrong)}.`);
  print(out.bold(shown(verdict)));
  print(`(McNemar's exact test; mid-p ${mcnemar.mid_p_value.toPrecision(2)})`);
}
