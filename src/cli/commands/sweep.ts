/** `bertune sweep <data>` */
import { Command, Option } from 'commander';
import { sweep, type SweepOptions, type SweepResult, type TrainSettings, type Trial } from '../../index.js';
import { checkSetting, flagOf, SETTING_NAMES, SETTINGS, type SettingName } from '../../train/settings.js';
import { UsageError } from '../../util/errors.js';
import { addColumns, numeric, threadsOption } from '../flags.js';
import { runCommand } from '../forecast.js';
import { err, out, percent, print, printJson, say, shown, table, thousands } from '../terminal.js';
import { withDisplay } from './train.js';

type Flags = Pick<
  SweepOptions,
  | 'model'
  | 'test'
  | 'testSplit'
  | 'validation'
  | 'validationSplit'
  | 'textColumn'
  | 'textPairColumn'
  | 'labelColumn'
  | 'out'
  | 'force'
  | 'threads'
  | 'trials'
  | 'halving'
> & { readonly json?: boolean; readonly seeds?: string } & Readonly<Partial<Record<SettingName, string>>>;

/** What the best settings are to be trained with as well. */
const PLACES: readonly string[] = [
  'model',
  'test',
  'testSplit',
  'validation',
  'validationSplit',
  'textColumn',
  'textPairColumn',
  'labelColumn',
  'threads',
];

/** What has no meaning in a sweep, or is the same in all of it. */
const LEFT_OUT: readonly SettingName[] = [
  'seed',
  'recipe',
  'evalSteps',
  'earlyStopping',
  'calibrate',
  'clean',
  'problemType',
  'loraMerge',
  'saveSteps',
  'keep',
];
const NAMES = SETTING_NAMES.filter(
  (name) => !LEFT_OUT.includes(name) && SETTINGS[name].check.kind !== 'switch',
);

const EXAMPLES = `
Examples:
  bertune sweep reviews.csv --learning-rate 5e-5,1e-4,2e-4 --epochs 1,2,3
  bertune sweep reviews.csv --learning-rate 5e-5,1e-4 --max-length 128,256 --seeds 1,2 --halving 1
  bertune sweep reviews.csv --learning-rate 3e-5,5e-5,1e-4,2e-4 --dropout 0,0.1 --trials 5
`;

export function sweepCommand(): Command {
  const command = new Command('sweep')
    .summary('try settings, and rank them by validation texts')
    .description(
      'Trains with every combination of the values that are given, or with --trials of them, and ranks them by texts that are ' +
        'set aside for that; test texts are never looked at. With successive halving many are trained a little and the best ' +
        'of them longer. Stopped and started again, it goes on where it was.',
    )
    .argument('<data...>', 'labelled texts, as for train')
    .option('--model <model>', 'as for train')
    .option('--test <data>', 'texts that are kept apart, as for train')
    .addOption(new Option('--test-split <share>', 'as for train').argParser(numeric('--test-split')))
    .option('--validation <data>', 'labelled texts to decide by')
    .addOption(
      new Option(
        '--validation-split <share>',
        'without --validation: the share set aside (default: 0.1)',
      ).argParser(numeric('--validation-split')),
    );
  addColumns(command)
    .option('--out <folder>', 'where sweep.json is kept (default: runs/<name of the data>-sweep)')
    .option('--force', 'begin again, whatever is there');
  for (const name of NAMES) command.option(`${flagOf(name)} <values>`, SETTINGS[name].help);
  return command
    .option('--seeds <values>', 'train each with these seeds, and rank by the mean')
    .addOption(
      new Option('--trials <number>', 'draw so many of the combinations').argParser(numeric('--trials')),
    )
    .addOption(
      new Option(
        '--halving <number>',
        'of so many, one goes on to be trained so many times as long; 1: all whole (default: 3)',
      ).argParser(numeric('--halving')),
    )
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (data: string[], { json = false, seeds, ...flags }: Flags) => {
      const lists = NAMES.flatMap((name) =>
        flags[name] === undefined ? [] : [[name, valuesOf(name, flags[name])] as const],
      );
      const job = Object.fromEntries(
        Object.entries(flags).filter(([name]) => !(NAMES as readonly string[]).includes(name)),
      );
      const result = await withDisplay((watched) =>
        sweep({
          ...job,
          data,
          space: Object.fromEntries(lists),
          ...(seeds !== undefined && { seeds: valuesOf('seed', seeds) }),
          ...watched,
          onTrial: (trial, rung, rungs) => {
            say(err.bold(`Trial ${trial}, round ${rung + 1} of ${rungs.length}`));
          },
        }),
      );
      if (json) printJson(result, 2);
      else printSweep(result, data, job);
    });
}

/** `5e-5,1e-4` as the setting's values. */
function valuesOf<K extends SettingName>(name: K, list: string): TrainSettings[K][] {
  const isNumber = SETTINGS[name].check.kind !== 'choice';
  return list.split(',').map((word) => {
    const text = word.trim();
    if (text === '')
      throw new UsageError(`${flagOf(name)} is "${list}", expected values with commas between them.`);
    return checkSetting(name, isNumber || /^\d+$/.test(text) ? Number(text) : text);
  });
}

function printSweep(
  { trials, best, report, train_examples, validation_examples }: SweepResult,
  data: readonly string[],
  job: Readonly<Record<string, unknown>>,
): void {
  // What is the same in all trials is in the command below.
  const names = (Object.keys(best.settings) as SettingName[]).filter(
    (name) => new Set(trials.map(({ settings }) => settings[name])).size > 1,
  );
  const accuracies = trials.map(({ scores }) => scores.at(-1)!.accuracy);
  const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)];
  const bar = (accuracy: number): string =>
    '█'.repeat(1 + Math.round((23 * (accuracy - least)) / Math.max(1e-9, most - least)));
  const row = ({ trial, settings, scores }: Trial): string[] => {
    const { accuracy, f1, loss, share } = scores.at(-1)!;
    return [
      ...[String(trial), ...names.map((name) => String(settings[name]))],
      ...[percent(share, 0), percent(accuracy), f1.toFixed(4), loss.toFixed(4), bar(accuracy)],
    ];
  };
  const head = [
    'trial',
    ...names.map((name) => flagOf(name).slice(2)),
    'trained',
    'accuracy',
    'F1',
    'loss',
    '',
  ];
  print(
    table(
      [head, ...trials.map(row)],
      head.slice(0, -1).map((_, i) => i),
    ),
  );
  print();
  print(
    `Decided on ${thousands(validation_examples)} validation texts, after learning from ${thousands(train_examples)}; no test text was looked at.`,
  );
  const words = [
    ...Object.entries(best.settings),
    ...Object.entries(job).filter(([name]) => PLACES.includes(name)),
  ];
  const flags = words.flatMap(([name, value]) => [flagOf(name), String(value)]);
  print(`Report     ${shown(report)}`);
  const fell = fellLater(best);
  if (fell !== undefined) print(`Note       ${fell}`);
  print(`Best       ${out.cyan(shown(runCommand(['train', ...data, ...flags])))}`);
}

/** What to say of a best trial that was better in the round before, so that more training made it worse. */
export function fellLater({ scores }: Pick<Trial, 'scores'>): string | undefined {
  const [before, last] = scores.slice(-2);
  if (!before || !last || last.accuracy >= before.accuracy) return undefined;
  return (
    `with ${percent(before.share, 0)} of its training the best had ${percent(before.accuracy)}, ` +
    `whole ${percent(last.accuracy)}: fewer --epochs or a lower --learning-rate may be better still.`
  );
}
