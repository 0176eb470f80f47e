import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readAhead } from '../../src/util/ahead.js';
import { failureOf } from '../files/temp.js';

/** Counts what is taken from it, and notes when it is told to stop. */
function source(count: number, failAt = Infinity) {
  const seen = { taken: 0, ended: false };
  async function* items(): AsyncGenerator<number> {
    try {
      for (let i = 0; i < count; i++) {
        await turn();
        if (i === failAt) throw new RangeError('no more');
        seen.taken++;
        yield i;
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, items: items() };
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await turn();
};

test('gives all items in their order, few of them ahead of time', async () => {
  const { seen, items } = source(50);
  const found: number[] = [];
  let mostAhead = 0;
  for await (const item of readAhead(items, 3)) {
    await turns(10);
    found.push(item);
    mostAhead = Math.max(mostAhead, seen.taken - found.length);
  }
  expect(found).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(mostAhead).toBe(3);
  expect(seen.ended).toBe(true);
});

test('gives an item as soon as it is there, without waiting for the next', async () => {
  async function* stuck(): AsyncGenerator<string> {
    yield 'first';
    await new Promise(() => undefined);
  }
  const ahead = readAhead(stuck(), 4);
  expect(await ahead.next()).toEqual({ value: 'first', done: false });
  await ahead.return(undefined); // and is not kept by a source that waits for ever
});

test('an error comes after the items before it', async () => {
  const found: number[] = [];
  const error = await failureOf(
    (async () => {
      for await (const item of readAhead(source(9, 5).items, 8)) {
        found.push(item);
        await turns(10);
      }
    })(),
  );
  expect(error).toBeInstanceOf(RangeError);
  expect(found).toEqual([0, 1, 2, 3, 4]);
});

test('when nobody wants more, the source is told', async () => {
  const { seen, items } = source(1000);
  for await (const item of readAhead(items, 3)) if (item === 4) break;
  await turns(5);
  expect(seen.ended).toBe(true);
  expect(seen.taken).toBeLessThan(10);
});

test('nothing gives nothing', async () => {
  expect(await readAhead(source(0).items, 2).next()).toEqual({ value: undefined, done: true });
});
