/** `bertune train <data>` */
import { relative } from 'node:path';
import { Command, Option } from 'commander';
import { train, type TrainEvent, type TrainOptions, type TrainResult } from '../../index.js';
import {
  addSettings,
  mergeFlags,
  numeric,
  readConfigFile,
  threadsOption,
  type TrainFlags,
} from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { about, clock, err, out, percent, print, say, shown, thousands } from '../terminal.js';

interface Flags extends TrainFlags {
  readonly force?: boolean;
  readonly config?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune train reviews.csv                      columns found, 10 % set aside for evaluation
  bertune train train.csv --test test.csv --epochs 3 --out runs/reviews
  bertune train tickets.jsonl --text-column body --label-column queue --max-length 128
  bertune train reviews.csv --config settings.json --learning-rate 5e-5
`;

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('fine-tune a model on labelled texts')
    .description(
      'Fine-tunes a BERT encoder with a linear layer on its pooled output, on all the texts of a CSV, TSV or ' +
        'JSON Lines file (also gzipped), evaluates it on texts it has not seen, and saves the run.',
    )
    .argument('<data>', 'labelled texts to learn from')
    .option(
      '--model <folder>',
      'a folder with config.json, model.safetensors and tokenizer.json (default: the bundled all-MiniLM-L6-v2)',
    )
    .option('--test <data>', 'labelled texts to evaluate on')
    .addOption(
      new Option(
        '--test-split <share>',
        'without --test: the share of each class that is set aside (default: 0.1)',
      ).argParser(numeric('--test-split')),
    )
    .option('--text-column <name>', 'default: found by its usual names, such as review, text, sentence')
    .option('--label-column <name>', 'default: found by its usual names, such as sentiment, label')
    .option('--out <folder>', 'where the run is saved (default: runs/<name of the data>)')
    .option('--force', 'replace an earlier run there');
  return addSettings(command)
    .addOption(threadsOption())
    .option('--config <file>', 'settings from a JSON file, the same names; flags win')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (data: string, flags: Flags) => {
      const { json = false, config, ...given } = flags;
      const fromFile = config === undefined ? {} : await readConfigFile(config);
      const result = await trainWithProgress({ data, ...mergeFlags(fromFile, given) });
      if (json) print(JSON.stringify(resultDocument(result), null, 2));
      else printResult(result);
    });
}

/** Runs `train` with progress on stderr, and Ctrl-C handled. */
export async function trainWithProgress(options: TrainOptions): Promise<TrainResult> {
  const display = new TrainDisplay();
  try {
    return await interruptible('Finishing the step under way.', (signal) =>
      train({
        ...options,
        signal,
        onEvent: (event) => {
          display.show(event);
        },
      }),
    );
  } finally {
    display.stop();
  }
}

/** Turns events into lines and bars. */
class TrainDisplay {
  #bar: Progress | undefined;
  #total = 0;
  #steps = 0;

  show(event: TrainEvent): void {
    if (event.type === 'start') this.#start(event);
    else if (event.type === 'estimate') {
      say(`This will take ${err.bold(about(event.seconds))} on this machine.`);
      this.#bar = progress('training', this.#steps);
    } else if (event.type === 'step') {
      const { step, loss, learningRate, textsPerSecond, secondsLeft } = event;
      const parts = [
        `loss ${loss.toFixed(4)}`,
        `rate ${learningRate.toExponential(2)}`,
        `${textsPerSecond.toFixed(1)} texts/s`,
        `${clock(secondsLeft)} left`,
      ];
      this.#bar?.update(step, parts.join('  '));
      if (step === this.#steps) this.stop();
    } else if (event.type === 'evaluating') {
      if (this.#total !== event.total) {
        this.#total = event.total;
        this.#bar = progress('evaluating', event.total);
      }
      this.#bar?.update(event.done, '');
      if (event.done === event.total) this.stop();
    }
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #start({ model, labels, texts, plan, report, parameters, settings }: TrainEvent & { type: 'start' }): void {
    this.#steps = plan.totalSteps;
    const head =
      report.made.length === 0 ? 'its own classifier' : `a new classifier (${report.made.join(', ')})`;
    say(`Model     ${shown(nearby(model))}: ${thousands(parameters)} parameters`);
    say(`          ${report.found.length} tensors found, ${head}`);
    if (report.unused.length > 0) say(`          left unused: ${shown(report.unused.join(', '), 200)}`);
    say(`Labels    ${labels.map((label) => shown(label, 30)).join(', ')}`);
    say(`Texts     ${thousands(texts.train)} to learn from, ${thousands(texts.test)} to evaluate on`);
    if (texts.cutTexts > 0) {
      say(
        `Length    ${thousands(texts.cutTexts)} texts are cut to ${settings.maxLength} tokens (${settings.truncation}): ` +
          `${percent(texts.cutTokens)} of all tokens are not read; --max-length reads more`,
      );
    }
    say(
      `Plan      ${thousands(plan.totalSteps)} updates of ${settings.batchSize * settings.gradientAccumulationSteps} texts`,
    );
  }
}

/** A path as it is shortest to read: from the current folder when it is inside. */
function nearby(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && !fromHere.startsWith('..') ? fromHere : path;
}

/** The result for people. */
export function printResult({ folder, metrics, baseline, training }: TrainResult): void {
  print(
    `Accuracy  ${out.bold(out.green(percent(metrics.accuracy)))} on ${thousands(metrics.examples)} texts it has not seen`,
  );
  print(`Baseline  ${percent(baseline.accuracy)} by always answering "${shown(baseline.label, 30)}"`);
  print(`Saved     ${shown(folder)}  (trained in ${clock(training.seconds)})`);
}

/** The result for machines. */
function resultDocument({ folder, labels, metrics, baseline, training, settings }: TrainResult): object {
  return {
    folder,
    labels,
    ...metrics,
    baseline_accuracy: baseline.accuracy,
    baseline_label: baseline.label,
    steps: training.steps,
    epoch: training.epoch,
    train_loss: training.meanLoss,
    train_runtime: training.seconds,
    settings,
  };
}
