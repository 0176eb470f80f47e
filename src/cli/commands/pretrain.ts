/** `bertune pretrain <texts...>` */
import { Command } from 'commander';
import { PRETRAIN_DEFAULTS, PRETRAIN_SETTINGS } from '../../api/pretrain-options.js';
import {
  forecastPretraining,
  pretrain,
  type PretrainEvent,
  type PretrainForecast,
  type PretrainOptions,
} from '../../index.js';
import { DownloadDisplay, withDownloads } from '../download.js';
import { memoryLine, nearby, planLine, runCommand } from '../forecast.js';
import { addSettings, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, stepDetail, type Progress } from '../progress.js';
import { resumed } from '../resume.js';
import { UsageError } from '../../util/errors.js';
import { about, clock, err, out, plural, print, printJson, say, shown, thousands } from '../terminal.js';

const EXAMPLES = `
Examples:
  bertune pretrain reviews.csv                     the texts of a file; labels, if there are any, are not read
  bertune pretrain *.txt --epochs 3 --out runs/reviews-bert
  bertune pretrain reviews.csv --dry-run           what it would take: time, memory
  bertune pretrain reviews.csv --save-steps 100    checkpoints, for the next one after a crash
  bertune pretrain --resume runs/reviews-pretrained
  bertune train labelled.csv --model runs/reviews-pretrained
`;

type Flags = Omit<PretrainOptions, 'files' | 'texts' | 'onEvent' | 'signal' | 'resume' | 'memory'> & {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly resume?: string;
};

export function pretrainCommand(): Command {
  const command = new Command('pretrain')
    .summary('train a model further on texts without labels')
    .description(
      'Trains a BERT encoder to guess masked tokens of texts like those that it will classify. Worth it where there are ' +
        'many texts and few labels: fine-tune the folder that it saves with train --model.',
    )
    .argument(
      '[texts...]',
      'files: CSV, TSV and JSON Lines by their text column, any other as one text a line; also gzipped',
    )
    .option(
      '--model <model>',
      'a folder with config.json, model.safetensors and tokenizer.json, or the name of a model on the hub, such as ' +
        'google-bert/bert-base-uncased (default: the bundled all-MiniLM-L6-v2)',
    )
    .option('--text-column <name>', 'default: found by its usual names, such as review, text, sentence')
    .option('--out <folder>', 'where the model is saved (default: runs/<name of the first file>-pretrained)')
    .option('--force', 'replace an earlier run there')
    .option(
      '--resume <run>',
      'go on with a run that was stopped, as if it had not been; texts and settings are its own',
    );
  return addSettings(command, PRETRAIN_SETTINGS, PRETRAIN_DEFAULTS)
    .addOption(threadsOption())
    .option('--dry-run', 'say what the run would be like (time, memory), without training')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], { json = false, dryRun = false, resume, ...flags }: Flags) => {
      if (files.length === 0 && resume === undefined)
        throw new UsageError("missing required argument 'texts'");
      if (resume !== undefined && dryRun)
        throw new UsageError('--resume goes on with one run: leave out --dry-run.');
      const options: PretrainOptions =
        resume === undefined
          ? { files, ...flags }
          : await resumed<PretrainOptions>(resume, 'pretrain', 'files', {
              ...(files.length > 0 && { files }),
              ...flags,
            });
      if (dryRun) {
        await printForecast(options, json);
        return;
      }
      const display = new PretrainDisplay();
      const result = await interruptible('Finishing the step under way.', (signal) =>
        pretrain({ ...options, signal, onEvent: (event) => { display.show(event); } }),
      ).finally(() => { display.stop(); }); // prettier-ignore
      const { folder, perplexity, perplexityBefore, training } = result;
      if (json) {
        const { steps, epoch, seconds } = training;
        const document = { folder, perplexity, perplexity_before: perplexityBefore, steps, epoch };
        printJson({ ...document, train_runtime: seconds, settings: result.settings }, 2);
        return;
      }
      print(
        `Perplexity  ${out.bold(out.green(short(perplexity)))} on masked tokens it has not seen; ` +
          `${short(perplexityBefore)} before`,
      );
      print(`Saved       ${shown(folder)}  (trained in ${clock(training.seconds)})`);
      print(`Fine-tune   ${out.cyan(`bertune train <labelled texts> --model ${shown(folder)}`)}`);
    });
}

const short = (x: number): string => (x < 100 ? x.toFixed(2) : thousands(Math.round(x)));

/** The first lines of a run, and what `--dry-run` prints. */
function forecastLines(forecast: Omit<PretrainForecast, 'seconds'>): string[] {
  const { model, parameters, newHead, texts, windows, plan, settings, microBatches, memory } = forecast;
  const perUpdate = settings.batchSize * settings.gradientAccumulationSteps;
  return [
    `Model     ${shown(nearby(model))}: ${thousands(parameters)} parameters, ${newHead ? 'a new' : 'its own'} head for masked tokens`,
    `Texts     ${thousands(texts)}, in ${plural(windows.train + windows.test, 'window')} of at most ` +
      `${settings.maxLength} tokens; ${thousands(windows.test)} set aside to measure on`,
    planLine(plan, plural(perUpdate, 'window'), microBatches),
    memoryLine(memory),
  ];
}

async function printForecast(options: PretrainOptions, json: boolean): Promise<void> {
  const result = await interruptible('Stopping.', (signal) =>
    withDownloads((onDownload) =>
      forecastPretraining({
        ...options,
        signal,
        onEvent: (event) => {
          if (event.type === 'download' || event.type === 'note') onDownload(event);
        },
      }),
    ),
  );
  if (json) {
    const { model, parameters, texts, windows, plan, microBatches, memory, seconds, settings } = result;
    printJson(
      {
        ...{
          model,
          parameters,
          texts,
          windows,
          tokens: Math.round(plan.totalTokens),
          steps: plan.totalSteps,
        },
        ...{ micro_batches: microBatches, memory_peak_bytes: memory.peak, memory_limit_bytes: memory.limit },
        ...{ memory_parts_bytes: memory.parts, seconds, settings },
      },
      2,
    );
    return;
  }
  for (const line of forecastLines(result)) print(line);
  print(`Time      ${about(result.seconds)} on this machine, evaluation included`);
  print(`Run it    ${out.cyan(runCommand(process.argv.slice(2)))}`);
}

class PretrainDisplay {
  readonly #downloads = new DownloadDisplay();
  #bar: Progress | undefined;
  #steps = 0;

  show(event: PretrainEvent): void {
    if (event.type === 'download' || event.type === 'note') this.#downloads.show(event);
    else if (event.type === 'start') {
      this.#steps = event.plan.totalSteps;
      for (const line of forecastLines(event)) say(line);
    } else if (event.type === 'estimate') {
      say(`Before    perplexity ${short(event.perplexity)}`);
      say(`This will take ${err.bold(about(event.seconds))} on this machine.`);
      this.#bar = progress('training', this.#steps);
    } else if (event.type === 'step') {
      const { step } = event;
      this.#bar?.update(step, stepDetail(event, 'windows'));
      if (step === this.#steps) this.stop();
    }
  }

  stop(): void {
    this.#downloads.stop();
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
