/**
 * How many cases a fault test runs, and of which seed. `npm test` runs a few of a fixed seed, `npm run test:faults` many;
 * BERTUNE_FAULT_RUNS and BERTUNE_FAULT_SEED say others: a million is BERTUNE_FAULT_RUNS=1000000 npm run test:faults.
 */
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { BertuneError } from '../../src/util/errors.js';

export const SEED = Number(process.env['BERTUNE_FAULT_SEED'] ?? 20_261_125);

/** So many cases: what the environment says, else `usual`. */
export function runsOr(usual: number): number {
  const said = process.env['BERTUNE_FAULT_RUNS'];
  return said === undefined ? usual : Number(said);
}

/** What a run did, for who reads its output and for docs/reliability.md. */
export function tell(what: string, facts: Readonly<Record<string, number>>): void {
  const list = Object.entries(facts).map(([name, value]) => `${name} ${value.toLocaleString('en-US')}`);
  process.stdout.write(`${what} (seed ${SEED}): ${list.join(', ')}\n`);
}

/** What came of a case. */
export type Outcome<T> = { readonly value: T } | { readonly refused: BertuneError };

/** Runs one case; whatever it throws that is no error of bertune's own is a failure that names the case. */
export async function outcomeOf<T>(where: string, run: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    if (error instanceof BertuneError && error.code !== 'INTERNAL') return { refused: error };
    throw new Error(`${where} (seed ${SEED}): not an error of bertune's own`, { cause: error });
  }
}

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype];
const CLEAN = PROTOTYPES.map((each) => Reflect.ownKeys(each).length);

/** No file has put anything on what all objects share. */
export function expectNoPollution(): void {
  expect(PROTOTYPES.map((each) => Reflect.ownKeys(each).length)).toEqual(CLEAN);
  expect(Object.keys({})).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

/** Runs it, and tells what failed where nobody waited: in a process of its own that would have been its end. */
export async function heard<T>(run: () => Promise<T>): Promise<{ outcome: T; failures: readonly string[] }> {
  const failures: string[] = [];
  const listen = (failure: unknown): void => void failures.push(String(failure));
  process.on('unhandledRejection', listen);
  try {
    const outcome = await run();
    await setImmediate(); // they are told when all that was promised by then is settled
    return { outcome, failures };
  } finally {
    process.off('unhandledRejection', listen);
  }
}

/** Nobody reads an error that is longer; what a file holds is cut where it is shown. */
const LONGEST_MESSAGE = 4_000;

/**
 * Runs cases one by one: each must give something or be refused with an error of these codes that can be read, nothing may
 * fail where nobody waits, and what all objects share must stay as it is.
 *
 * @param run one case; what it gives is not looked at
 */
export async function fuzz(
  what: string,
  runs: number,
  codes: readonly string[],
  run: (index: number) => unknown,
): Promise<{ readonly read: number; readonly refused: number }> {
  let read = 0;
  let slowest = { ms: 0, case: 0 };
  const { failures } = await heard(async () => {
    for (let i = 0; i < runs; i++) {
      const where = `${what} ${i}`;
      const start = performance.now();
      const outcome = await outcomeOf(where, () => run(i));
      const ms = Math.round(performance.now() - start);
      if (ms > slowest.ms) slowest = { ms, case: i };
      expectNoPollution();
      if ('value' in outcome) {
        read++;
        continue;
      }
      const { code, message } = outcome.refused;
      if (!codes.includes(code)) throw new Error(`${where} (seed ${SEED})`, { cause: outcome.refused });
      if (message.length > LONGEST_MESSAGE)
        throw new Error(`${where}: an error of ${message.length} characters`);
    }
  });
  expect(failures).toEqual([]);
  tell(what, {
    cases: runs,
    read,
    refused: runs - read,
    'ms for the slowest': slowest.ms,
    'which was': slowest.case,
  });
  return { read, refused: runs - read };
}
