/** `bertune report <run>` */
import { Command, Option } from 'commander';
import { compareReports, report } from '../../index.js';
import { UsageError } from '../../util/errors.js';
import { withDownloads } from '../download.js';
import { printComparison } from '../comparison.js';
import { addColumns, numeric, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { print, printJson, shown } from '../terminal.js';

interface Flags {
  readonly data?: string[];
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly explain?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune report runs/reviews                      makes runs/reviews/report.html again
  bertune report runs/reviews --data others.csv --out others.html
  bertune report runs/a runs/b --out compared.html what differs, and what came of it
`;

export function reportCommand(): Command {
  const command = new Command('report')
    .summary('make the report of a run again')
    .description(
      'Makes report.html of a run from what its folder keeps: the verdict, curves, confusions, errors to read, settings. ' +
        'Every training writes one.',
    )
    .argument('<run...>', 'the folder of a run; of several, to compare them in a table')
    .option(
      '--data <data...>',
      'labelled texts to classify and report on (default: what the run kept of its test texts)',
    );
  return addColumns(command)
    .option('--out <file>', "where the page is written (default: report.html in the run's folder)")
    .addOption(
      new Option(
        '--explain <number>',
        'explain so many of the errors, word by word; some seconds for each',
      ).argParser(numeric('--explain')),
    )
    .addOption(threadsOption())
    .option('--json', 'print where it was written, or the comparison, as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (runs: string[], { json = false, ...options }: Flags) => {
      const [run = ''] = runs;
      if (runs.length > 1) {
        if (options.data)
          throw new UsageError('--data makes the report of one run; of several, what they keep is compared.');
        await compare(runs, options.out, json);
        return;
      }
      const path = await reportWithProgress(run, options);
      if (json) printJson({ report: path }, 2);
      else print(`Report    ${shown(path)}`);
    });
}

async function compare(runs: readonly string[], path: string | undefined, json: boolean): Promise<void> {
  const comparison = await compareReports(runs, { out: path });
  if (json) {
    const { comparisonDocument } = await import('../../report/compare.js');
    printJson(comparisonDocument(comparison), 2);
    return;
  }
  printComparison(comparison);
  if (path !== undefined) print(`\nReport    ${shown(path)}`);
}

async function reportWithProgress(run: string, options: Omit<Flags, 'json'>): Promise<string> {
  let bar: Progress | undefined;
  const onProgress = (done: number, total: number): void => {
    bar ??= progress('classifying', total);
    bar.update(done, '');
  };
  try {
    return await interruptible('Stopping.', (signal) =>
      withDownloads((onEvent) => report(run, { ...options, signal, onProgress, onEvent })),
    );
  } finally {
    bar?.stop();
  }
}
