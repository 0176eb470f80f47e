/** A run that is killed at a random moment and goes on, beside the same run that nobody disturbed. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { bertuneOk, start, TINY } from '../../support/cli.js';
import { readJsonFile, reviews, sha256, writeReviews } from '../../support/reviews.js';

export type Command = 'train' | 'pretrain';

/** Accumulation, evaluations on the way, branches and a mean of the weights: all that has a state. */
const SHARED = [
  ...[
    '--model',
    TINY,
    '--max-length',
    '24',
    '--max-steps',
    '60',
    '--batch-size',
    '4',
    '--logging-steps',
    '4',
  ],
  ...['--gradient-accumulation-steps', '2', '--dropout', '0.2'],
];
const SETTINGS = {
  train: [
    ...SHARED,
    ...'--threads 1 --eval-steps 7 --average-last 0.5 --branches 2 --no-baseline'.split(' '),
  ],
  // In as many threads as the machine has, as none are asked for.
  pretrain: SHARED,
};

/** A command line that begins a run. */
export function argsOf(command: Command, out: string, more: readonly string[] = []): string[] {
  return [command, 'a.csv', ...SETTINGS[command], '--out', out, ...more];
}

export const trainArgs = (out: string, more: readonly string[] = []): string[] => argsOf('train', out, more);

/**
 * What must be the same to the last bit: weights, predictions, what the run says of itself, and the log but for the times
 * in it.
 */
export function fingerprint(run: string): object {
  const state = readJsonFile(run, 'trainer_state.json') as { log_history: Record<string, number>[] };
  const isTime = (name: string): boolean => /runtime|per_second/.test(name);
  const predictions = join(run, 'predictions.jsonl');
  return {
    weights: sha256(run, 'model.safetensors'),
    predictions: existsSync(predictions) ? readFileSync(predictions, 'utf8') : '',
    // The undisturbed run has no checkpoints on its way.
    record: readFileSync(join(run, 'bertune.json'), 'utf8').replace(/"saveSteps": \d+/, '"saveSteps": 0'),
    log: state.log_history.map((entry) =>
      Object.fromEntries(Object.entries(entry).filter(([name]) => !isTime(name))),
    ),
  };
}

/** The run that nobody disturbs. */
export async function undisturbed(cwd: string, command: Command = 'train'): Promise<object> {
  writeReviews(cwd, 'a.csv', reviews(60));
  await bertuneOk(argsOf(command, 'whole'), { cwd });
  return fingerprint(join(cwd, 'whole'));
}

/** What happened to one run. */
export interface Killed {
  /** The step it went on from; 0 where it was killed before its first checkpoint, and began anew. */
  readonly from: number;
  readonly kills: number;
  /** It was done before it could be killed. */
  readonly tooLate: boolean;
}

/** When to kill: so many milliseconds after this checkpoint, or a later one, is there; 0 for the start of the process. */
export interface Moment {
  readonly after: number;
  readonly ms: number;
}

/** Waits for a moment; gives up when it has passed or the run is over. */
async function waitFor(out: string, { after, ms }: Moment, isOver: () => boolean): Promise<void> {
  while (after > 0 && !isOver() && Math.max(0, ...checkpointsOf(out)) < after) await wait(2);
  const until = performance.now() + ms;
  while (!isOver() && performance.now() < until) await wait(1);
}

/** Kills a run with SIGKILL at each of these moments, until it is done; compares what came out. */
export async function killAndResume(
  cwd: string,
  expected: object,
  moments: readonly Moment[],
  command: Command = 'train',
): Promise<Killed> {
  const out = join(cwd, 'killed');
  rmSync(out, { recursive: true, force: true });
  let [kills, from] = [0, 0];
  for (const moment of moments) {
    const steps = checkpointsOf(out);
    const args =
      steps.length > 0 ? [command, '--resume', 'killed'] : argsOf(command, 'killed', ['--save-steps', '5']);
    const { child, finished } = start(args, { cwd });
    child.stdin.end();
    const run = { isOver: false };
    void finished.then(() => (run.isOver = true));
    await waitFor(out, moment, () => run.isOver);
    const wasOver = run.isOver;
    child.kill('SIGKILL');
    await finished;
    if (wasOver) return { ...compared(out, expected), from, kills };
    kills++;
    // Killed while its folder was put in place: the finished run is there.
    if (existsSync(join(out, 'bertune.json'))) return { ...compared(out, expected), from, kills };
    from = Math.max(0, ...checkpointsOf(out));
  }
  const resumed = from > 0;
  const args = resumed ? [command, '--resume', 'killed'] : argsOf(command, 'killed');
  await bertuneOk(args, { cwd });
  return { ...compared(out, expected), from, kills, tooLate: false };
}

function compared(out: string, expected: object): { tooLate: boolean } {
  expect(fingerprint(out)).toEqual(expected);
  // Checkpoints are gone once the run is finished, and nothing hidden is left.
  expect(readdirSync(out).filter((name) => /checkpoint/.test(name))).toEqual([]);
  return { tooLate: true };
}

export function checkpointsOf(run: string): number[] {
  if (!existsSync(run)) return [];
  return readdirSync(run).flatMap((name) => Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? NaN) || []);
}
