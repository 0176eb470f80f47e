/** The command line as a user runs it: a process of its own, its exit code and what it wrote to both streams. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { fixturePath } from './fixtures.js';

export const BIN = fileURLToPath(new URL('../../bin/bertune.js', import.meta.url));

/** A tiny classifier that Python's transformers saved: it reads 24 tokens, and trains in a blink. */
export const TINY = fixturePath('hf-saved');
/** How to train it; in one thread, as there is nothing to share and other tests run beside. */
export const TINY_MODEL = ['--model', TINY, '--max-length', '24', '--threads', '1'];
/** The counts that tests expect don't hang on the defaults, which follow measurements. */
export const ON_TINY = [
  ...TINY_MODEL,
  ...['--epochs', '2', '--batch-size', '16', '--truncation', 'head+tail'],
];

/** Longer than any run here takes on a busy machine; what hangs is killed, and its test fails. */
const PATIENCE_MS = 150_000;

export interface Finished {
  /** `null` when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What standard input holds. @default nothing */
  readonly input?: string | Uint8Array;
  /** Beside that of the tests, in which there is no hub. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process under way. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly finished: Promise<Finished>;
  /** Waits until what a stream has shown is enough. */
  readonly seen: (stream: 'stdout' | 'stderr', isEnough: (text: string) => boolean) => Promise<void>;
}

export function start(args: readonly string[], { cwd, env }: RunOptions = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', BERTUNE_DEBUG: '', ...env },
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => (text[name] += part));
  }
  // A process that refuses its arguments ends before it has read what it is given.
  child.stdin.on('error', () => undefined);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      resolve({ code, ...text });
    });
  });
  const seen = (stream: 'stdout' | 'stderr', isEnough: (text: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (isEnough(text[stream])) resolve();
      };
      child[stream].on('data', look);
      child.on('close', () => {
        reject(new Error(`it ended too early: ${text.stderr}`));
      });
      look();
    });
  return { child, finished, seen };
}

/** Runs `bertune` with these arguments to its end. */
export function bertune(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { child, finished } = start(args, options);
  child.stdin.end(options.input ?? '');
  return finished;
}

/** The same for a run that must go well; gives what it wrote to stdout. */
export async function bertuneOk(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await bertune(args, options);
  expect(stderr).not.toMatch(/^error:|^ {4}at /m);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** All that lies in a folder, with sizes and times. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
}

/**
 * Runs a command that must be refused as bad input is: exit code 2, one line on stderr that matches, nothing on
 * stdout, and the folder as it was.
 */
export async function expectRefused(
  cwd: string,
  args: readonly string[],
  message: RegExp,
  { input, code = 2 }: { readonly input?: string | Uint8Array; readonly code?: number } = {},
): Promise<void> {
  const before = listing(cwd);
  const result = await bertune(args, { cwd, input });
  expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
  expect(result.stderr).not.toMatch(/ {4}at |fault in bertune|\[object|undefined/);
  expect(result.stderr).toMatch(message);
  expect(result.stdout).toBe('');
  expect(result.code).toBe(code);
  expect(listing(cwd)).toEqual(before);
}

/** A folder for the tests of a file, removed after them. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bertune-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
