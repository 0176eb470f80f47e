/** `bertune verify <run>` */
import { Command } from 'commander';
import { verifyRun, type VerifiedFile } from '../../index.js';
import { checkpointName, commandOf } from '../../files/checkpoint-folder.js';
import { EXIT } from '../../util/errors.js';
import { out, print, printJson, shown, table } from '../terminal.js';
import { isOrAre } from '../../util/wording.js';

const EXAMPLES = `
Examples:
  bertune verify runs/reviews
  bertune verify runs/reviews --json
`;

export function verifyCommand(): Command {
  return new Command('verify')
    .summary('check that the files of a run are as they were written')
    .description(
      'Reads every file of a run and of its checkpoints, and compares size and SHA-256 with what was written down when ' +
        'it was saved. Exit code 2 where one is missing or damaged.',
    )
    .argument('<run>', 'the folder of a run, finished or not')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, { json = false }: { json?: boolean }) => {
      const result = await verifyRun(run);
      if (json) printJson({ run, ...result }, 2);
      else {
        const { files, checkpoints, finished } = result;
        print(table([['file', 'bytes', ''], ...files.map(row)], [1]));
        const bad = files.filter(({ fault }) => fault !== undefined).length;
        const what = finished ? 'a finished run' : `an unfinished run at step ${checkpoints[0]!}`;
        print();
        if (bad === 0)
          print(out.green(`${shown(run)}: ${what}, all ${files.length} files are as they were written.`));
        else
          print(
            out.red(
              `${shown(run)}: ${what}, ${bad} of ${files.length} files ${isOrAre(bad)} damaged or missing.`,
            ),
          );
        if (!finished) {
          const command = await commandOf(`${run}/${checkpointName(checkpoints[0]!)}`);
          print(`To go on: bertune ${command} --resume ${shown(run)}`);
        }
      }
      if (!result.ok) process.exitCode = EXIT.input;
    });
}

function row({ name, checkpoint, size, fault }: VerifiedFile): string[] {
  const path = checkpoint === undefined ? name : `${checkpoint}/${name}`;
  return [shown(path), size.toLocaleString('en'), fault === undefined ? 'ok' : out.red(fault)];
}
