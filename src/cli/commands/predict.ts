/** `bertune predict <run> ["text" ...]` */
import { Command } from 'commander';
import { scoredFile, textsOf, type TextRow } from '../../api/predict.js';
import type { Prediction } from '../../predict/classifier.js';
import { Classifier } from '../../predict/load.js';
import type { ModelDtype } from '../../index.js';
import { InterruptedError } from '../../util/errors.js';
import { counter } from '../counter.js';
import { DownloadDisplay } from '../download.js';
import { addColumns, addReading, dtypeOption, threadsOption, type ReadingFlags } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { printPlain } from '../prediction.js';
import { checkSource } from '../source.js';
import { plural, printJson, say, shown } from '../terminal.js';

interface Flags extends ReadingFlags {
  readonly file?: string;
  readonly textPair?: string;
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly dtype?: ModelDtype;
  readonly threads?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune predict runs/reviews "A fine film." "Two hours of my life, gone."
  bertune predict runs/reviews --file new.csv --out scored.csv
  cat texts.txt | bertune predict runs/reviews --json
  bertune predict runs/nli "A man sleeps." --text-pair "Somebody is awake."
`;

export function predictCommand(): Command {
  const command = new Command('predict')
    .summary('classify texts')
    .description(
      'Classifies texts given as arguments, the rows of a data file, or the lines of standard input, in their order, ' +
        'with a run or any folder with a fine-tuned BERT classifier.',
    )
    .argument(
      '<run>',
      'the folder of a run, of a model that another tool saved, or of an export; an ONNX file; or the name of a model on the hub',
    )
    .argument('[texts...]', 'texts to classify')
    .option('--text-pair <text>', 'the second text of the pair, for a model that was trained on pairs')
    .option('--file <data>', 'classify the rows of a CSV, TSV or JSON Lines file');
  addColumns(command, { labels: false, note: 'with --file; ' })
    .option('--out <file>', "write the input's columns with label and score to a .csv, .tsv or .jsonl file")
    .option('--force', 'replace the file given by --out');
  return addReading(command)
    .addOption(dtypeOption())
    .addOption(threadsOption())
    .option(
      '--json',
      'print one JSON object a line: text, label, score, scores; unsure and likeliest with a threshold; labels or value for other kinds',
    )
    .addHelpText('after', EXAMPLES)
    .action(predict);
}

async function predict(run: string, texts: string[], flags: Flags): Promise<void> {
  checkSource(texts, flags);
  // Whoever types wants each answer at once; whoever pipes wants batches.
  const typed = texts.length === 0 && flags.file === undefined && process.stdin.isTTY;
  if (typed) say('Type a text and press Enter; Ctrl-D ends.');
  const sink = flags.out === undefined ? undefined : await scoredFile(flags.out, flags);
  // Answers on the same terminal would be mixed with it, and show the progress themselves.
  const shows = flags.out !== undefined || !process.stdout.isTTY;
  const progress = shows ? counter('texts') : undefined;
  let done = 0;
  await interruptible('Stopping.', async (signal) => {
    const downloads = new DownloadDisplay();
    const onEvent = downloads.show;
    const { threads, dtype, maxLength, truncation, headTokens, stride } = flags;
    const classifier = await Classifier.load(run, {
      ...{ maxLength, truncation, headTokens, stride },
      ...{ threads, dtype },
      signal,
      onEvent,
    }).finally(() => {
      downloads.stop();
    });
    try {
      const { file, textPair, textColumn, textPairColumn } = flags;
      const pairs = classifier.contract?.textPair;
      const input = { texts, textPair, file, textColumn, textPairColumn, pairs };
      const rows = textsOf({ ...input, signal, onEvent });
      const onProgress = (count: number): void => progress?.update(count);
      const scored = classifier.predictAll(rows, { portion: typed ? 1 : undefined, signal, onProgress });
      const counted = async function* (): AsyncGenerator<{ row: TextRow; prediction: Prediction }> {
        for await (const { item, prediction } of scored) {
          yield { row: item, prediction };
          done++;
        }
      };
      if (sink) {
        const count = await sink(counted());
        progress?.stop();
        say(`${plural(count, 'text')} classified into ${shown(flags.out!)}`);
      } else {
        const printOne = flags.json === true ? printJson : printPlain;
        for await (const { prediction } of counted()) printOne(prediction);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      const left = sink ? `; ${shown(flags.out!)} was not written` : '';
      throw new InterruptedError(`stopped after ${plural(done, 'text')}${left}.`, { cause: error });
    } finally {
      progress?.stop();
      await classifier.release();
    }
  });
}
