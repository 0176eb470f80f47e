/** The command line: parse, call, print. What an error means to the shell is decided here and nowhere else. */
import { Command, CommanderError } from 'commander';
import { BertuneError, EXIT, messageOf } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import { groupHelp } from './help-groups.js';
import { err, say, shown } from './terminal.js';

const EXAMPLES = `
Examples:
  bertune demo
  bertune train reviews.csv
  bertune evaluate runs/reviews test.csv
  bertune predict runs/reviews "A fine film."

bertune <command> --help says more.
`;

/** In the order in which help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.js')).demoCommand(),
  inspect: async () => (await import('./commands/inspect.js')).inspectCommand(),
  train: async () => (await import('./commands/train.js')).trainCommand(),
  pretrain: async () => (await import('./commands/pretrain.js')).pretrainCommand(),
  evaluate: async () => (await import('./commands/evaluate.js')).evaluateCommand(),
  report: async () => (await import('./commands/report.js')).reportCommand(),
  calibrate: async () => (await import('./commands/calibrate.js')).calibrateCommand(),
  sweep: async () => (await import('./commands/sweep.js')).sweepCommand(),
  compare: async () => (await import('./commands/compare.js')).compareCommand(),
  export: async () => (await import('./commands/export.js')).exportCommand(),
  predict: async () => (await import('./commands/predict.js')).predictCommand(),
  errors: async () => (await import('./commands/errors.js')).errorsCommand(),
  suspects: async () => (await import('./commands/suspects.js')).suspectsCommand(),
  explain: async () => (await import('./commands/explain.js')).explainCommand(),
  verify: async () => (await import('./commands/verify.js')).verifyCommand(),
  models: async () => (await import('./commands/models.js')).modelsCommand(),
};

/** The command that is named, as importing the others takes time that one short text has no use for; else all. */
function commandsFor([first = '']: readonly string[]): Promise<Command[]> {
  const needed = Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]!] : Object.values(COMMANDS);
  return Promise.all(needed.map((load) => load()));
}

async function program(args: readonly string[]): Promise<Command> {
  const root = new Command('bertune')
    .description('Fine-tunes BERT for sentiment analysis and text classification.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const command of await commandsFor(args)) root.addCommand(command);
  groupHelp(root);
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ helpWidth: Math.min(process.stdout.columns || 100, 110) })
      .configureOutput({
        // Commander's messages come in two lines, the second with its suggestion: here an error is one.
        outputError: (text) => {
          sayError(text.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)/s, '; did you mean $1?'));
        },
      });
  }
  return root;
}

/** Runs a command line and sets the exit code: 0, 1 (a failure of ours), 2 (what the user can mend), 130 or 143. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader of results that has seen enough, such as `head`, is no error; nobody left to read progress is no reason
  // to stop the work.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
  });
  process.stderr.on('error', () => undefined);
  try {
    await (await program(args)).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.input;
  if (error instanceof BertuneError) {
    sayError(error.message);
    return error.exitCode === EXIT.interrupted
      ? ((process.exitCode as number | undefined) ?? EXIT.interrupted)
      : error.exitCode;
  }
  sayError(`this is a fault in bertune, please report it: ${messageOf(error)}`);
  if (error instanceof Error && process.env['BERTUNE_DEBUG']) say(error.stack);
  return EXIT.internal;
}

/** One line to stderr, whatever the message holds. */
function sayError(message: string): void {
  say(`${err.red('error:')} ${shown(message)}`);
}
