/** `bertune report <run>` */
import { Command } from 'commander';
import { report } from '../../index.js';
import { withDownloads } from '../download.js';
import { threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { print, shown } from '../terminal.js';

interface Flags {
  readonly data?: string[];
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune report runs/reviews                      makes runs/reviews/report.html again
  bertune report runs/reviews --data others.csv --out others.html
`;

export function reportCommand(): Command {
  return new Command('report')
    .summary('make the report of a run again')
    .description(
      'Makes report.html of a run from what its folder keeps: the verdict, curves, confusions, errors to read, settings. ' +
        'Every training writes one.',
    )
    .argument('<run>', 'the folder of a run')
    .option(
      '--data <data...>',
      'labelled texts to classify and report on (default: what the run kept of its test texts)',
    )
    .option('--text-column <name>', 'default: found by its usual names')
    .option('--label-column <name>', 'default: found by its usual names')
    .option('--out <file>', "where the page is written (default: report.html in the run's folder)")
    .addOption(threadsOption())
    .option('--json', 'print where it was written as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, { json = false, ...options }: Flags) => {
      const path = await reportWithProgress(run, options);
      print(json ? JSON.stringify({ report: path }, null, 2) : `Report    ${shown(path)}`);
    });
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
