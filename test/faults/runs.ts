/**
 * How many cases a fault test runs, and of which seed. `npm test` runs a few of a fixed seed, `npm run test:faults` many;
 * BERTUNE_FAULT_RUNS and BERTUNE_FAULT_SEED say others: a million is BERTUNE_FAULT_RUNS=1000000 npm run test:faults.
 */
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
