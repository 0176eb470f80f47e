/** `bertune calibrate <run> <data>` */
import { Command, Option } from 'commander';
import { calibrate, type CalibrateOptions, type CalibrateResult, type KeptThreshold } from '../../index.js';
import type { Reliability } from '../../evaluate/reliability.js';
import { withDownloads } from '../download.js';
import { addColumns, numeric, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { range } from '../scores.js';
import { out, percent, plural, print, printJson, say, shown, table, thousands } from '../terminal.js';

type Flags = Omit<CalibrateOptions, 'signal' | 'onEvent' | 'onProgress' | 'clean'> & {
  readonly json?: boolean;
};

const EXAMPLES = `
Examples:
  bertune calibrate runs/reviews held-out.csv
  bertune calibrate runs/reviews held-out.csv --target-precision 0.98    answers "unsure" where it would be less
  bertune calibrate runs/tickets held-out.csv --target-recall 0.9 --label urgent
`;

export function calibrateCommand(): Command {
  const command = new Command('calibrate')
    .summary("make a run's confidence mean something, by held-out texts")
    .description(
      'Fits the temperature of a run on labelled texts that it has not learnt from, so that of the texts it is 90 % sure of ' +
        '90 % are right, and keeps it in the run: no label changes, every probability does. A target also chooses the ' +
        'threshold below which the run answers "unsure". Where the target can\'t be reached, nothing is changed.',
    )
    .argument('<run>', 'the folder of a run')
    .argument('<data...>', 'labelled texts that the run has not learnt from, some hundred at least')
    .addOption(
      new Option(
        '--target-precision <share>',
        'of the answers given, the share that should be right',
      ).argParser(numeric('--target-precision')),
    )
    .addOption(
      new Option(
        '--target-recall <share>',
        'of all texts, the share that should be answered, and rightly',
      ).argParser(numeric('--target-recall')),
    )
    .option(
      '--label <name>',
      'with a target: withhold answers of this label alone, and mean its precision or recall',
    );
  return addColumns(command)
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, data: string[], { json = false, ...options }: Flags) => {
      let bar: Progress | undefined;
      const onProgress = (done: number, total: number): void => {
        bar ??= progress('reading', total);
        bar.update(done, '');
      };
      const result = await interruptible('Stopping.', (signal) =>
        withDownloads((onEvent) => calibrate(run, data, { ...options, signal, onProgress, onEvent })),
      ).finally(() => bar?.stop());
      for (const warning of result.warnings) say(`Note      ${shown(warning)}`);
      if (json) printJson(result, 2);
      else printResult(result);
    });
}

function printResult({ folder, calibration, before, after, threshold }: CalibrateResult): void {
  const { temperature, examples, data } = calibration;
  print(
    `Temperature  ${out.bold(temperature.toFixed(3))}, fitted on ${plural(examples, 'text')} of ${shown(data)}`,
  );
  print();
  const row = (name: string, value: (of: Reliability) => string): string[] => [
    name,
    value(before),
    value(after),
  ];
  print(
    table(
      [
        ['on these texts', 'before', 'after'],
        row('confidence off by, on average', (of) => percent(of.expected_calibration_error)),
        row('the same, bins of as many texts', (of) => percent(of.expected_calibration_error_equal_mass)),
        row('Brier score', (of) => of.brier_score.toFixed(4)),
        row('loss', (of) => of.loss.toFixed(4)),
      ],
      [1, 2],
    ),
  );
  print();
  print(reliabilityTable(before, after));
  print();
  if (threshold) for (const line of thresholdLines(threshold)) print(line);
  print(`Saved        ${shown(folder)}/bertune.json`);
}

/** Of how many texts it was so sure, how sure, and how often it was right: before and after. */
function reliabilityTable(before: Reliability, after: Reliability): string {
  const cells = ({ reliability }: Reliability, bin: number): string[] => {
    const { count, confidence, accuracy } = reliability[bin]!;
    if (confidence === null || accuracy === null) return ['0', '', ''];
    return [thousands(count), percent(confidence), percent(accuracy)];
  };
  const rows = before.reliability.flatMap(({ from, to, count }, bin) =>
    count + after.reliability[bin]!.count === 0
      ? []
      : [[`${percent(from, 0)} to ${percent(to, 0)}`, ...cells(before, bin), ...cells(after, bin)]],
  );
  const names = ['texts', 'said', 'right'];
  return table(
    [['confidence', ...names, ...names.map((name) => `${name}, after`)], ...rows],
    [1, 2, 3, 4, 5, 6],
  );
}

function thresholdLines(threshold: KeptThreshold): string[] {
  const { score, label, precision, precision_interval, recall, recall_interval, coverage, answered } =
    threshold;
  const of = label === null ? '' : ` of "${shown(label, 30)}"`;
  const what =
    score === 0
      ? `none needed: the ${threshold.target}${of} is reached with every text answered`
      : `${out.bold(score.toFixed(4))}: below it${label === null ? '' : `, "${shown(label, 30)}"`} the answer is "unsure"`;
  return [
    `Threshold    ${what}`,
    `Precision    ${percent(precision)} ${range(precision_interval)} of ${plural(answered, 'answer')}${of}`,
    `Recall       ${percent(recall)} ${range(recall_interval)}`,
    `Coverage     ${percent(coverage)} of all texts are answered`,
  ];
}
