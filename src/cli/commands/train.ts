/** `bertune train <data>` */
import { Command, Option } from 'commander';
import { LiveRun } from '../../api/live.js';
import { REPORT_FILE } from '../../api/report.js';
import { withFolder } from '../../files/claim.js';
import { readText } from '../../files/read.js';
import { shortName } from '../../api/data.js';
import { foldsDocument, OUT_OF_FOLD, requireNoFolds, saveFolds } from '../../api/folds-files.js';
import { seedsDocument } from '../../api/seeds.js';
import {
  crossValidate,
  forecast,
  train,
  trainSeeds,
  type FoldsOptions,
  type SeedsOptions,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
} from '../../index.js';
import {
  addColumns,
  addSettings,
  mergeFlags,
  numeric,
  readConfigFile,
  threadsOption,
  type TrainFlags,
} from '../flags.js';
import { recipeHelp } from '../recipes.js';
import { DownloadDisplay, withDownloads } from '../download.js';
import { forecastDocument, forecastLines, runCommand } from '../forecast.js';
import { interruptible } from '../interrupt.js';
import { resumed } from '../resume.js';
import { portOf, servePage, untilInterrupted } from '../watch.js';
import { progress, stepDetail, type Progress } from '../progress.js';
import { baselineText, briefly, headline, spreadText } from '../kinds.js';
import { bagOfWordsLine, range, reliabilityLine, sayBagOfWords } from '../scores.js';
import {
  about,
  clock,
  err,
  out,
  percent,
  plural,
  print,
  printJson,
  say,
  shown,
  thousands,
} from '../terminal.js';
import { UsageError } from '../../util/errors.js';

interface Flags extends TrainFlags {
  readonly force?: boolean;
  readonly config?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly seeds?: number;
  readonly watch?: string | true;
  readonly folds?: number;
  readonly resume?: string;
}

const EXAMPLES = `
Examples:
  bertune train reviews.csv                      columns found, 10 % set aside for evaluation
  bertune train train.csv --test test.csv --epochs 3 --out runs/reviews
  bertune train tickets.jsonl --text-column body --label-column queue --max-length 128
  bertune train reviews.csv --dry-run            what it would take: time, memory, texts cut
  bertune train hf://datasets/stanfordnlp/imdb:train --test hf://datasets/stanfordnlp/imdb:test
  bertune train reviews.csv --model google-bert/bert-base-uncased
  bertune train reviews.csv --save-steps 100     checkpoints, for the next one after a crash
  bertune train --resume runs/reviews
  bertune train reviews.csv --config settings.json --learning-rate 5e-5
`;

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('fine-tune a model on labelled texts')
    .description(
      'Fine-tunes a BERT encoder with a linear layer on its pooled output, on all the texts of a CSV, TSV or ' +
        'JSON file (also gzipped) or of a Parquet file, evaluates it on texts it has not seen, and saves the run.',
    )
    .argument(
      '[data...]',
      'labelled texts to learn from: files, a folder with a folder for each class, or hf://datasets/<org>/<name>; - for standard input',
    )
    .option(
      '--model <model>',
      'a folder with config.json, model.safetensors and tokenizer.json, or the name of a model on the hub, such as ' +
        'google-bert/bert-base-uncased (default: the bundled all-MiniLM-L6-v2)',
    )
    .option('--test <data>', 'labelled texts to evaluate on')
    .addOption(
      new Option(
        '--test-split <share>',
        'without --test: the share of each class that is set aside (default: 0.1)',
      ).argParser(numeric('--test-split')),
    )
    .option(
      '--validation <data>',
      'with --eval-steps or --calibrate: labelled texts to choose the best weights by, and to calibrate on',
    )
    .addOption(
      new Option(
        '--validation-split <share>',
        'without --validation: the share of each class that is set aside for that (default: 0.1)',
      ).argParser(numeric('--validation-split')),
    )
    .option('--drop-leaks', 'leave out texts that are among the test texts too')
    .option('--no-baseline', 'leave out the bag of words that is trained on the same texts to compare with');
  addColumns(command)
    .option('--out <folder>', 'where the run is saved (default: runs/<name of the data>)')
    .option('--force', 'replace an earlier run there')
    .option(
      '--resume <run>',
      'go on with a run that was stopped, as if it had not been; data and settings are its own',
    );
  return addSettings(command)
    .addOption(threadsOption())
    .option('--config <file>', 'settings from a JSON file, the same names; flags win')
    .addOption(
      new Option(
        '--seeds <number>',
        'train so many times, from --seed up, and report mean and spread',
      ).argParser(numeric('--seeds')),
    )
    .addOption(
      new Option(
        '--folds <number>',
        'cross-validation: cut the texts into so many parts and test on each a model of the others; saves no model',
      ).argParser(numeric('--folds')),
    )
    .option(
      '--tensorboard [folder]',
      'write event files for TensorBoard, a folder for each run (default: tensorboard beside the run)',
    )
    .option(
      '--watch [port]',
      'show the run on a page of this machine while it goes on, and its report after it until Ctrl-C (default: a free port)',
    )
    .option('--dry-run', 'say what the run would be like (time, memory, texts cut), without training')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', `\n${recipeHelp()}\n${EXAMPLES}`)
    .action(async (data: string[], flags: Flags) => {
      const {
        json = false,
        dryRun = false,
        seeds,
        folds,
        config,
        watch,
        resume,
        baseline,
        ...others
      } = flags;
      // Without --no-baseline commander says true, which nobody asked for: a config file or an unfinished run may say otherwise.
      const given = { ...others, ...(baseline === false && { baseline }) };
      const fromFile = config === undefined ? {} : await readConfigFile(config);
      const merged = mergeFlags(fromFile, given);
      if (data.length === 0 && resume === undefined) throw new UsageError("missing required argument 'data'");
      if (resume !== undefined && (dryRun || (seeds ?? folds) !== undefined)) {
        throw new UsageError('--resume goes on with one run: leave out --dry-run, --seeds and --folds.');
      }
      const options =
        resume === undefined
          ? { data, ...merged }
          : await resumed<TrainOptions>(resume, 'train', 'data', {
              ...(data.length > 0 && { data }),
              ...merged,
            });
      if (dryRun) {
        await printForecast(options, json);
        return;
      }
      if (watch !== undefined && (folds ?? seeds) !== undefined) {
        throw new UsageError('--watch shows one run: leave it out with --folds and --seeds.');
      }
      if (folds !== undefined) {
        if (seeds !== undefined) throw new UsageError('--folds and --seeds exclude each other.');
        await runFolds({ ...options, folds }, json);
        return;
      }
      if (seeds !== undefined) {
        await runSeeds({ ...options, seeds }, json);
        return;
      }
      const tell = (result: TrainResult): void => {
        if (json) printJson(resultDocument(result), 2);
        else printResult(result);
      };
      if (watch === undefined) tell(await trainWithProgress(options));
      else await trainWatched(options, portOf(watch), tell);
    });
}

async function printForecast(options: TrainOptions, json: boolean): Promise<void> {
  const result = await interruptible('Finishing the step under way.', (signal) =>
    withDownloads((onDownload) =>
      forecast({
        ...options,
        signal,
        onEvent: (event) => {
          if (event.type === 'download' || event.type === 'note') onDownload(event);
        },
      }),
    ),
  );
  if (json) {
    printJson(forecastDocument(result), 2);
    return;
  }
  for (const line of forecastLines(result)) print(line);
  print(`Time      ${about(result.seconds)} on this machine, evaluation included`);
  print(`Run it    ${out.cyan(runCommand(process.argv.slice(2)))}`);
}

/** Runs `train` with progress on stderr, and Ctrl-C handled. */
export function trainWithProgress(
  options: TrainOptions,
  listener?: (event: TrainEvent) => void,
): Promise<TrainResult> {
  return withDisplay((watched) => train({ ...options, ...watched }), listener);
}

/** The same with a page that shows it, which holds the run's report from its end until Ctrl-C. */
async function trainWatched(
  options: TrainOptions,
  port: number,
  tell: (result: TrainResult) => void,
): Promise<void> {
  const live = new LiveRun(options.out ?? shortName(options.data));
  let report: string | undefined;
  const server = await servePage(async () => report ?? live.page(), port);
  say(`Watch it at ${err.cyan(server.url)}`);
  try {
    const result = await trainWithProgress(options, (event) => {
      live.onEvent(event);
    });
    report = await readText(`${result.folder}/${REPORT_FILE}`);
    tell(result);
    say(`Its report stays at ${err.cyan(server.url)} until Ctrl-C.`);
    await untilInterrupted();
  } finally {
    await server.close();
  }
}

async function runSeeds(options: SeedsOptions, json: boolean): Promise<void> {
  const onRun = (seed: number, index: number): void => {
    say(err.bold(`Seed ${seed}, run ${index + 1} of ${options.seeds}`));
  };
  const result = await withDisplay((watched) => trainSeeds({ ...options, ...watched, onRun }));
  if (json) {
    printJson(seedsDocument(result), 2);
    return;
  }
  const { runs, seeds, spreads, folder } = result;
  runs.forEach(({ metrics, folder: run }, i) => {
    print(`Seed ${String(seeds[i]).padEnd(5)} ${briefly(metrics)}  ${shown(run)}`);
  });
  const { name, text } = spreadText(spreads);
  print(`${name.padEnd(11)}${text} (mean and standard deviation of ${runs.length} seeds)`);
  print(`Saved      ${shown(folder)}/seeds.json`);
}

async function runFolds(options: FoldsOptions, json: boolean): Promise<void> {
  const folder = options.out ?? `runs/${shortName(options.data)}-folds`;
  const onFold = (fold: number): void => {
    say(err.bold(`Fold ${fold + 1} of ${options.folds}`));
  };
  const result = await withFolder(folder, async () => {
    await requireNoFolds(folder, options.force ?? false);
    const validated = await withDisplay((watched) => crossValidate({ ...options, ...watched, onFold }));
    await saveFolds(folder, validated);
    return validated;
  });
  if (json) {
    printJson({ folder, ...foldsDocument(result) }, 2);
    return;
  }
  const { folds, accuracy, metrics, intervals } = result;
  folds.forEach((each, i) => {
    print(`Fold ${String(i + 1).padEnd(5)} ${percent(each.accuracy)} of ${plural(each.examples, 'text')}`);
  });
  print(
    `Accuracy   ${out.bold(out.green(percent(accuracy.mean)))} ± ${(100 * accuracy.std).toFixed(1)} ` +
      `(mean and standard deviation of ${folds.length} folds)`,
  );
  print(
    `All texts  ${percent(metrics.accuracy)} ${range(intervals.accuracy)} of ${thousands(metrics.examples)}`,
  );
  print(
    `Saved      ${shown(folder)}/${OUT_OF_FOLD}, with what each text was taken for by a model that has not seen it`,
  );
  print(
    `Next       ${out.cyan(runCommand(process.argv.slice(2).filter(isNotFolds)))} trains on all texts but a test share`,
  );
}

/** The words of a command line but `--folds` and its number, and what names the place of its files. */
const isNotFolds = (word: string, i: number, words: readonly string[]): boolean =>
  !/^--(?:folds|out)(?:=|$)/.test(word) && !/^--(?:folds|out)$/.test(words[i - 1] ?? '');

/** Work that reports events and takes a signal, with its progress on stderr. */
export async function withDisplay<T>(
  work: (watched: Required<Pick<TrainOptions, 'signal' | 'onEvent'>>) => Promise<T>,
  listener?: (event: TrainEvent) => void,
): Promise<T> {
  const display = new TrainDisplay();
  try {
    return await interruptible('Finishing the step under way.', (signal) =>
      work({
        signal,
        onEvent: (event) => {
          display.show(event);
          listener?.(event);
        },
      }),
    );
  } finally {
    display.stop();
  }
}

/** Turns events into lines and bars. */
class TrainDisplay {
  readonly #downloads = new DownloadDisplay();
  #bar: Progress | undefined;
  #evaluated = '';
  #counting = '';
  #steps = 0;

  show(event: TrainEvent): void {
    if (event.type === 'download' || event.type === 'note') this.#downloads.show(event);
    else if (event.type === 'baseline') {
      sayBagOfWords(event.texts);
    } else if (event.type === 'start') {
      this.#evaluated = this.#counting = '';
      this.#steps = event.plan.totalSteps;
      for (const line of forecastLines(event)) say(line);
    } else if (event.type === 'features') {
      this.#count('reading', event);
    } else if (event.type === 'estimate') {
      say(`This will take ${err.bold(about(event.seconds))} on this machine.`);
      this.#bar = progress('training', this.#steps);
    } else if (event.type === 'step') {
      const { step } = event;
      const evaluated = this.#evaluated === '' ? '' : `  ${this.#evaluated}`;
      this.#bar?.update(step, stepDetail(event, 'texts') + evaluated);
      if (step === this.#steps) this.stop();
    } else if (event.type === 'evaluated') {
      this.#evaluated = `validation ${briefly(event.metrics)}, loss ${event.metrics.loss.toFixed(4)}`;
    } else if (event.type === 'evaluating' || event.type === 'calibrating') this.#count(event.type, event);
  }

  /** A bar of its own for texts that are only read. */
  #count(name: string, { done, total }: { done: number; total: number }): void {
    if (this.#counting !== name) {
      this.stop(); // of a training that ended early
      this.#counting = name;
      this.#bar = progress(name, total);
    }
    this.#bar?.update(done, '');
    if (done === total) this.stop();
  }

  stop(): void {
    this.#downloads.stop();
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** The result for people. */
export function printResult(result: TrainResult): void {
  const { folder, metrics, intervals, baseline, bagOfWords, training } = result;
  const { name, text } = headline(metrics, intervals);
  print(`${name.padEnd(10)}${text} on ${plural(metrics.examples, 'text')} it has not seen`);
  if (bagOfWords) print(bagOfWordsLine(bagOfWords));
  print(`Baseline  ${baselineText(baseline)}`);
  if (result.reliability) {
    const { reliability, uncalibrated } = result;
    print(reliabilityLine(reliability.expected_calibration_error, uncalibrated?.expected_calibration_error));
  }
  if (training.best) {
    print(
      `Kept      the weights after update ${thousands(training.best.step)}, the best on the validation texts`,
    );
  }
  print(`Report    ${shown(folder)}/${REPORT_FILE}`);
  print(`Saved     ${shown(folder)}  (trained in ${clock(training.seconds)})`);
}

/** The result for machines. */
function resultDocument(result: TrainResult): object {
  const { folder, labels, metrics, intervals, baseline, bagOfWords, training, settings } = result;
  const { reliability, calibration, uncalibrated } = result;
  return {
    folder,
    labels,
    ...metrics,
    confidence_intervals: intervals,
    ...reliability,
    ...(calibration && { temperature: calibration.temperature, uncalibrated, calibration }),
    ...(bagOfWords && { bag_of_words: bagOfWords }),
    ...Object.fromEntries(Object.entries(baseline).map(([name, value]) => [`baseline_${name}`, value])),
    steps: training.steps,
    epoch: training.epoch,
    train_loss: training.meanLoss,
    ...(training.best && { best_step: training.best.step, best_metric: training.best.value }),
    train_runtime: training.seconds,
    settings,
  };
}
