/** `bertune inspect <data...>` */
import { Command, Option } from 'commander';
import { inspect, type Finding, type Inspection } from '../../index.js';
import { PROBLEM_TYPES, type ProblemType } from '../../util/problem.js';
import { alikeNote } from '../../util/wording.js';
import { withDownloads } from '../download.js';
import { addColumns, numeric } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { out, percent, plural, print, printJson, shown, table, thousands } from '../terminal.js';

interface Flags {
  readonly test?: string;
  readonly model?: string;
  readonly maxLength?: number;
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly problemType?: ProblemType;
  readonly clean?: 'html' | 'none';
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune inspect reviews.csv
  bertune inspect train.csv --test test.csv        also: which test texts are among those to learn from
  bertune inspect tickets.jsonl --max-length 128 --json
`;

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .summary('look at data before training on it')
    .description(
      'Counts classes, labels or numbers and lengths in tokens, and finds rows without text or label, texts that occur twice or nearly so, ' +
        'the same text with different labels, and texts of the test data among those to learn from.',
    )
    .argument(
      '<data...>',
      'labelled texts: files, a folder with a folder for each class, or hf://datasets/<org>/<name>; - for standard input',
    )
    .option('--test <data>', 'labelled texts that the model will be evaluated on')
    .option(
      '--model <model>',
      'whose tokens lengths are counted in: a folder or a name on the hub (default: the bundled one)',
    )
    .addOption(
      new Option('--max-length <number>', 'tokens that would be read of a text (default: 192)').argParser(
        numeric('--max-length'),
      ),
    );
  return addColumns(command)
    .addOption(
      new Option('--problem-type <kind>', 'what labels are (default: found from them)').choices(
        PROBLEM_TYPES,
      ),
    )
    .addOption(new Option('--clean <name>', 'html: tags and entities become text').choices(['html', 'none']))
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (data: string[], { json = false, ...flags }: Flags) => {
      const result = await interruptible('Stopping.', (signal) =>
        withDownloads((onEvent) => inspect({ data, ...flags, signal, onEvent })),
      );
      if (json) printJson(result, 2);
      else printInspection(result);
    });
}

function printInspection(result: Inspection): void {
  const { examples, pairs, withoutText, withoutLabel, lengths, cleaning, nearCompared, leaks } = result;
  print(`Texts       ${thousands(examples)}${pairs ? ' pairs' : ''}`);
  printPlaces('No text', withoutText);
  printPlaces('No label', withoutLabel);
  printLabels(result);
  printCleaning(cleaning);
  printLengths(lengths, examples);
  printFinding('Duplicates', result.duplicates, 'that occur before; leave them out');
  const all = examples - result.duplicates.texts;
  const among = nearCompared < all ? `, looked for among ${thousands(nearCompared)}` : '';
  printFinding('Nearly', result.nearDuplicates, `that are nearly the same as one before${among}`);
  printFinding(
    'Conflicts',
    result.conflicts,
    `${CONFLICT[result.problem?.problemType ?? 'single_label_classification']}; correct them`,
  );
  if (!leaks) return;
  printFinding(
    'Leaks',
    leaks.exact,
    'that are in the test data too, which makes the result too good: train --drop-leaks',
  );
  printFinding('Near leaks', leaks.near, 'that are nearly in the test data');
}

/** What is wrong with the labels of texts that are the same. */
const CONFLICT: Readonly<Record<ProblemType, string>> = {
  single_label_classification: 'that have several labels',
  multi_label_classification: 'that have not the same labels each time',
  regression: 'that have several numbers',
};

function printLabels({ problem, classes, labelSets, numbers, withoutLabel }: Inspection): void {
  if (!problem) return;
  const { problemType, reason, note } = problem;
  print(
    `Kind        ${problemType} (${reason === undefined ? 'as asked for' : `found: ${shown(reason, 80)}`})`,
  );
  if (note !== undefined) print(`            ${note}`);
  if (labelSets) {
    if (withoutLabel.length > 0) {
      print(
        '            if rows with an empty field have no label: --problem-type multi_label_classification',
      );
    }
    const { withoutAny, meanLabels } = labelSets;
    print(
      `            ${meanLabels.toFixed(2)} labels for a text on average, ${thousands(withoutAny)} with none`,
    );
  }
  if (numbers) {
    const { min, lowerQuartile, median, upperQuartile, max, mean } = numbers;
    const show = (value: number): string => String(Number(value.toPrecision(4)));
    print(
      `Numbers     from ${show(min)} to ${show(max)}, half of them from ${show(lowerQuartile)} to ${show(upperQuartile)}, ` +
        `the median ${show(median)}, the mean ${show(mean)}`,
    );
  }
  printClasses(classes, labelSets ? 'Labels' : 'Classes');
  const alike = alikeNote(classes.map(({ label }) => label));
  if (alike !== undefined) print(`            ${alike}`);
}

/** Of more classes than this the largest and the smallest are shown. */
const MOST_CLASSES = 20;
const SMALLEST = 5;

function printClasses(classes: Inspection['classes'], name: string): void {
  if (classes.length === 0) return;
  const row = ({ label, texts, share }: Inspection['classes'][number]): string[] => [
    `  ${shown(label, 40)}`,
    thousands(texts),
    percent(share),
  ];
  if (classes.length <= MOST_CLASSES) {
    print(name);
    print(table(classes.map(row), [1, 2]));
    return;
  }
  const bySize = [...classes].sort((a, b) => b.texts - a.texts);
  const left = classes.length - MOST_CLASSES;
  print(`${name.padEnd(12)}${thousands(classes.length)}, the largest and the smallest:`);
  const rows = [
    ...bySize.slice(0, MOST_CLASSES - SMALLEST).map(row),
    [`  … ${thousands(left)} more: --json`, '', ''],
    ...bySize.slice(-SMALLEST).map(row),
  ];
  print(table(rows, [1, 2]));
}

function printCleaning({ cleaning, texts, examples }: Inspection['cleaning']): void {
  if (texts === 0) {
    print('Cleaning    nothing to clean: no text has tags or entities');
    return;
  }
  const does = cleaning === 'html' ? 'turns' : 'would turn';
  const how = cleaning === 'html' ? '; --clean none leaves them' : '';
  print(`Cleaning    --clean html ${does} tags and entities into text in ${plural(texts, 'text')}${how}`);
  for (const { place, before, after } of examples) {
    print(`  ${shown(place)}`);
    print(`    before  ${out.dim(shown(before))}`);
    print(`    after   ${shown(after)}`);
  }
}

function printLengths(lengths: Inspection['lengths'], examples: number): void {
  const { texts, mean, median, p95, longest, maxLength, positions, cutTexts, cutTokens, histogram } = lengths;
  const sampled = texts < examples ? ` (of an even sample of ${thousands(texts)})` : '';
  print(
    `Length      ${plural(Math.round(mean), 'token')} on average, half of the texts up to ${median}, 95 % up to ${p95}, ` +
      `the longest ${longest}${sampled}`,
  );
  printBars(histogram, maxLength);
  if (cutTexts === 0) {
    print(`            all are read whole at --max-length ${maxLength}`);
    return;
  }
  print(
    `            at --max-length ${maxLength} ${thousands(cutTexts)} are longer, with ${percent(cutTokens)} of all ` +
      `tokens beyond it; the model can read ${positions}`,
  );
  const rows = lengths.truncations.map(({ truncation, kept, cost, windows }) => [
    `  --truncation ${truncation}`,
    `reads ${percent(kept)}`,
    truncation === 'windows' ? `${plural(windows, 'window')}, ${cost.toFixed(1)} times the tokens` : '',
  ]);
  print(table(rows, []));
  print(`Suggestion  ${lengths.suggestion}`);
}

function printPlaces(name: string, places: readonly string[]): void {
  if (places.length === 0) return;
  const more = places.length > 5 ? ', ...' : '';
  print(
    `${name.padEnd(12)}${out.yellow(plural(places.length, 'row'))}: ${places.slice(0, 5).join(', ')}${more}`,
  );
}

/** A bar for each length; those of texts that would be cut are dim. */
function printBars(histogram: Inspection['lengths']['histogram'], maxLength: number): void {
  const most = Math.max(1, ...histogram.map(({ texts }) => texts));
  const name = ({ from, to }: { from: number; to: number }): string => `${from} to ${to}`;
  const width = Math.max(0, ...histogram.map((bar) => name(bar).length));
  for (const bar of histogram) {
    const blocks = '█'.repeat(Math.round((40 * bar.texts) / most)) || (bar.texts > 0 ? '▏' : '');
    const colour = bar.from > maxLength ? out.dim : out.cyan;
    print(`  ${name(bar).padStart(width)}  ${colour(blocks)} ${thousands(bar.texts)}`);
  }
}

function printFinding(name: string, { texts, examples }: Finding, what: string): void {
  if (texts === 0) {
    print(`${name.padEnd(12)}${out.green('none')}`);
    return;
  }
  print(`${name.padEnd(12)}${out.yellow(thousands(texts))} ${what}`);
  for (const { text, places, labels } of examples) {
    const labelled = labels.length > 1 ? `  [${labels.map((label) => shown(label, 20)).join(', ')}]` : '';
    print(
      `  ${places.slice(0, 4).join(', ')}${places.length > 4 ? ', ...' : ''}${labelled}  ${out.dim(shown(text, 60))}`,
    );
  }
}
