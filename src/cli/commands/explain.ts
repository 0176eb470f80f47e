/** `bertune explain <run> ["text" ...]` */
import { Command, Option } from 'commander';
import { textsOf } from '../../api/predict.js';
import { findSimilar, type SimilarOptions, type SimilarText } from '../../api/similar.js';
import type { Explanation } from '../../predict/classifier.js';
import { BASELINES, type ExplanationBaseline } from '../../predict/explainer.js';
import { Classifier } from '../../predict/load.js';
import { InterruptedError, UsageError } from '../../util/errors.js';
import { withDownloads } from '../download.js';
import { printExplanation } from '../explanation.js';
import { numeric, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { checkSource } from '../source.js';
import { percent, plural, print, printJson, say, shown, table } from '../terminal.js';

interface Flags {
  readonly file?: string;
  readonly textPair?: string;
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly label?: string;
  readonly baseline: ExplanationBaseline;
  readonly top: number;
  readonly similar?: number;
  readonly data?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune explain runs/reviews "A fine film, if a little long."
  bertune explain runs/reviews "A fine film, if a little long." --label negative
  bertune explain runs/reviews --file new.csv --json > why.jsonl
  bertune explain runs/nli "A man sleeps." --text-pair "Somebody is awake."
`;

export function explainCommand(): Command {
  return new Command('explain')
    .summary('show why texts get their labels')
    .description(
      "Colours each word of a text by what it adds to the label's logit (integrated gradients), and lists those that " +
        'count most. Texts are arguments, the rows of a data file, or the lines of standard input.',
    )
    .argument(
      '<run>',
      'the folder of a run, or of a model that another tool saved, or the name of a model on the hub',
    )
    .argument('[texts...]', 'texts to explain')
    .option('--file <data>', 'explain the rows of a CSV, TSV or JSON Lines file')
    .option('--text-pair <text>', 'the second text of the pair, for a model that was trained on pairs')
    .option('--text-column <name>', 'with --file; default: found by its usual names')
    .option(
      '--text-pair-column <name>',
      'with --file; the second text of each pair (default: by its usual names)',
    )
    .option('--label <name>', 'whose logit is explained (default: the label that is predicted)')
    .addOption(
      new Option('--baseline <name>', 'what stands for each word piece in a text without words')
        .choices(BASELINES)
        .default('pad'),
    )
    .addOption(
      new Option('--top <number>', 'how many words are listed for the label, and against it')
        .argParser(numeric('--top'))
        .default(8),
    )
    .addOption(
      new Option('--similar <number>', 'also list so many training texts that are most like it').argParser(
        numeric('--similar'),
      ),
    )
    .option('--data <data>', "with --similar: texts to look through (default: the run's own training texts)")
    .addOption(threadsOption())
    .option(
      '--json',
      'print one JSON object a line: the prediction, words with their contributions, and more',
    )
    .addHelpText('after', EXAMPLES)
    .action(explain);
}

async function explain(run: string, texts: string[], flags: Flags): Promise<void> {
  checkSource(texts, flags);
  if (flags.textPair !== undefined && flags.similar !== undefined) {
    throw new UsageError('--similar looks for single texts: leave it out, or --text-pair.');
  }
  if (flags.data !== undefined && flags.similar === undefined) {
    throw new UsageError('--data goes with --similar.');
  }
  const { label, baseline, threads, top, json = false } = flags;
  if (texts.length === 0 && flags.file === undefined && process.stdin.isTTY) {
    say('Type a text and press Enter; Ctrl-D ends.');
  }
  let done = 0;
  await interruptible('Stopping.', (signal) =>
    withDownloads(async (onEvent) => {
      const classifier = await Classifier.load(run, { threads, signal, onEvent });
      try {
        const pairs = classifier.contract?.textPair;
        for await (const row of textsOf({ ...flags, texts, pairs, signal, onEvent })) {
          const { text, textPair } = row;
          const written = textPair === undefined ? text : { text, textPair };
          const found = await classifier.explain(written, { label, baseline, signal });
          const similar =
            flags.similar === undefined
              ? undefined
              : await similarWithProgress(classifier, text, flags.similar, {
                  data: flags.data,
                  signal,
                  onEvent,
                });
          show(found, similar, done, top, json);
          done++;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new InterruptedError(`stopped after ${plural(done, 'text')}.`, { cause: error });
      } finally {
        await classifier.release();
      }
    }),
  );
}

async function similarWithProgress(
  classifier: Classifier,
  text: string,
  count: number,
  options: SimilarOptions,
): Promise<SimilarText[]> {
  let bar: Progress | undefined;
  const onProgress = (read: number, total: number): void => {
    bar ??= progress('looking', total);
    bar.update(read, '');
  };
  try {
    return (await findSimilar(classifier, [text], { ...options, count, onProgress }))[0]!;
  } finally {
    bar?.stop();
  }
}

function show(
  explanation: Explanation,
  similar: readonly SimilarText[] | undefined,
  place: number,
  top: number,
  json: boolean,
): void {
  if (json) {
    printJson({ ...explanation, ...(similar && { similar }) });
    return;
  }
  if (place > 0) print();
  printExplanation(explanation, top);
  if (!similar) return;
  print('Most alike');
  const rows = similar.map((each) => [
    `  ${each.similarity.toFixed(3)}`,
    shown(each.place, 40),
    shown(each.label, 20),
    explanation.value === undefined
      ? `predicted ${shown(each.predicted, 20)} ${percent(each.score)}`
      : `predicted ${String(Number(each.score.toPrecision(5)))}`,
    shown(each.text, 60),
  ]);
  print(table(rows));
}
