/** `bertune suspects <data...>` */
import { Command, Option } from 'commander';
import { tableFile, type TableRow } from '../../api/table-file.js';
import { SUSPECT_SOURCES, type SuspectSource } from '../../api/suspects.js';
import { findSuspects, type Suspect, type Suspects } from '../../index.js';
import { addColumns, addSettings, numeric, threadsOption, type TrainFlags } from '../flags.js';
import { err, out, percent, plural, print, printJson, say, shown, table, thousands } from '../terminal.js';
import { withDisplay } from './train.js';

interface Flags extends Pick<
  TrainFlags,
  'model' | 'textColumn' | 'textPairColumn' | 'labelColumn' | 'threads'
> {
  readonly with: SuspectSource;
  readonly folds: number;
  readonly top: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune suspects reviews.csv                          in seconds, by a bag of words
  bertune suspects reviews.csv --out doubtful.csv       all of them, to go through
  bertune suspects reviews.csv --with model --folds 3 --epochs 2 --max-length 128
`;

export function suspectsCommand(): Command {
  const command = new Command('suspects')
    .summary('list texts whose labels are likely wrong')
    .description(
      'Ranks labelled texts by how likely their label is wrong (confident learning): each is classified by what learnt ' +
        'from the other texts, and suspected where that is sure of another label.',
    )
    .argument(
      '<data...>',
      'labelled texts: files, a folder with a folder for each class, or hf://datasets/<org>/<name>; - for standard input',
    )
    .addOption(
      new Option('--with <name>', 'what classifies: a bag of words, or the model that would be trained')
        .choices(SUSPECT_SOURCES)
        .default('bag-of-words'),
    )
    .addOption(
      new Option('--folds <number>', 'parts that the texts are cut into, each classified by the others')
        .argParser(numeric('--folds'))
        .default(5),
    )
    .addOption(new Option('--top <number>', 'how many are shown').argParser(numeric('--top')).default(20))
    .option('--out <file>', 'write all suspects to a .csv, .tsv or .jsonl file')
    .option('--force', 'replace the file given by --out')
    .option('--all', 'with --out or --json: every text, the most suspicious first');
  addColumns(command).option(
    '--model <model>',
    'with --with model: a folder or a name on the hub (default: the bundled one)',
  );
  return addSettings(command)
    .addOption(threadsOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(suspects);
}

async function suspects(data: string[], flags: Flags): Promise<void> {
  const { top, out: path, force, all = false, json = false, ...options } = flags;
  const write = path === undefined ? undefined : await tableFile(path, { force, file: data[0] });
  const onFold = (fold: number): void => {
    say(err.bold(`Fold ${fold + 1} of ${flags.folds}`));
  };
  const result = await withDisplay((watched) => findSuspects({ data, ...options, ...watched, onFold }));
  const listed = all ? [...result.suspects, ...result.others] : result.suspects;
  if (write) await write(listed.map(rowOf));
  if (json) {
    const { others: _, ...document } = result;
    printJson({ ...document, suspects: listed }, 2);
  } else {
    printSuspects(result, top);
    if (path !== undefined) print(`\n${plural(listed.length, 'text')} written to ${shown(path)}`);
  }
}

const rowOf = (suspect: Suspect): TableRow => Object.entries(suspect) as [string, string | number][];

function printSuspects(result: Suspects, top: number): void {
  const { examples, suspects: found, accuracy, estimated_noise: noise } = result;
  const who = result.with === 'model' ? 'models' : 'bags of words';
  print(`Texts      ${thousands(examples)}, each classified by ${who} that learnt from the others`);
  print(`Accuracy   ${percent(accuracy)} by the labels as they are`);
  print(
    `Suspects   ${out.bold(thousands(found.length))}; about ${percent(noise)} of all labels are wrong by this estimate`,
  );
  if (found.length === 0) return;
  print();
  const rows = found
    .slice(0, top)
    .map((each) => [
      shown(each.place, 40),
      shown(each.label, 20),
      percent(each.label_probability),
      shown(each.suggested, 20),
      percent(each.suggested_probability),
      shown(each.text, 60),
    ]);
  print(table([['where', 'label', '', 'rather', '', 'text'], ...rows], [2, 4]));
  const more = found.length - rows.length;
  if (more > 0) print(out.dim(`and ${thousands(more)} more: --top, or --out <file> for all`));
}
