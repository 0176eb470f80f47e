/** Going on with an unfinished run, from whatever folder one is in. */
import { isAbsolute, relative, resolve } from 'node:path';
import { begunWith, type RunCommand } from '../api/unfinished.js';
import { STDIN } from '../api/file-source.js';
import { exists } from '../files/read.js';
import { UsageError } from '../util/errors.js';
import { say, shown } from './terminal.js';

/** Options that are paths of data, which may be several. */
const DATA = ['data', 'files', 'test', 'validation', 'tensorboard'];

/**
 * What an unfinished run was begun with, with what is given now on top. Its paths begin where it was begun: the process
 * goes there, so that all that is written of them is as it would have been.
 *
 * @param texts the option that holds its texts
 * @throws `UsageError` where they can't be had again
 */
export async function resumed<T extends object>(
  run: string,
  command: RunCommand,
  texts: keyof T & string,
  given: Partial<T>,
): Promise<T & { readonly out: string; readonly resume: true }> {
  const { options, base } = await begunWith(run, command);
  const isElsewhere = resolve(base) !== process.cwd();
  const merged: Record<string, unknown> = {
    ...options,
    ...(isElsewhere ? await seenFrom(base, given) : given),
  };
  const paths = [merged[texts] ?? []].flat();
  if (paths.length === 0) {
    throw new UsageError(
      `${run} was begun with texts in memory: go on with the same call of ${command}() and resume: true.`,
    );
  }
  if (given[texts] === undefined && paths.includes(STDIN)) {
    throw new UsageError(
      `the texts of ${run} came from standard input: pipe them in again, with bertune ${command} - --resume ${run}`,
    );
  }
  const out = isElsewhere ? resolve(run) : run;
  if (isElsewhere) {
    process.chdir(base);
    say(`Its paths begin in ${shown(base)}, where it was begun.`);
  }
  return { ...(merged as T), out, resume: true };
}

/** The same with each path as it reads from there; names that are no paths stay. */
async function seenFrom<T extends object>(base: string, given: Partial<T>): Promise<Record<string, unknown>> {
  const fromThere = (path: string): string =>
    path === STDIN || path.includes('://') || isAbsolute(path) ? path : relative(base, resolve(path)) || '.';
  const entries = Object.entries(given).map(async ([name, value]: [string, unknown]) => {
    const isPath = DATA.includes(name) || (name === 'model' && (await exists(String(value))));
    if (!isPath) return [name, value] as const;
    if (Array.isArray(value)) return [name, value.map((each) => fromThere(String(each)))] as const;
    return [name, typeof value === 'string' ? fromThere(value) : value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
