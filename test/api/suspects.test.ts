/** Likely mislabelled texts, found by a bag of words and by the tiny model. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { findSuspects } from '../../src/index.js';
import { bertuneOk, expectRefused, sharedFolder, TINY } from '../support/cli.js';
import { reviews, writeReviews, type Review } from '../support/reviews.js';

/** Reviews whose words say their class; the labels at these places are turned. */
const FLIPPED = [4, 77, 150];
const data: Review[] = reviews(200).map(({ text, label }, place) => ({
  text,
  label: FLIPPED.includes(place) ? (label === 'positive' ? 'negative' : 'positive') : label,
}));
const folder = sharedFolder();

describe('by a bag of words', () => {
  test('flipped labels come first, with what they should be', async () => {
    const found = await findSuspects({ data });
    expect(found).toMatchObject({ examples: 200, with: 'bag-of-words', folds: 5 });
    expect(found.labels).toEqual(['negative', 'positive']);
    const first = found.suspects.slice(0, FLIPPED.length);
    expect(first.map(({ row }) => row - 1).sort((a, b) => a - b)).toEqual(FLIPPED);
    for (const each of first) {
      expect(each.label).toBe(data[each.row - 1]!.label);
      expect(each.suggested).not.toBe(each.label);
      expect(each.text).toBe(data[each.row - 1]!.text);
      expect(each.label_probability + each.suggested_probability).toBeCloseTo(1, 12);
      expect(each.margin).toBeCloseTo(each.label_probability - each.suggested_probability, 12);
      expect(each.margin).toBeLessThan(0);
    }
    expect(found.suspects.length + found.others.length).toBe(200);
    // All but the flipped ones are as their words say.
    expect(found.accuracy).toBeCloseTo(197 / 200, 12);
    expect(found.estimated_noise).toBeGreaterThan(0);
  });

  test('the same seed gives the same list; another one other folds', async () => {
    const [first, again, other] = [
      await findSuspects({ data, seed: 3 }),
      await findSuspects({ data, seed: 3 }),
      await findSuspects({ data, seed: 4 }),
    ];
    expect(again).toEqual(first);
    expect(other.suspects[0]!.margin).not.toBe(first.suspects[0]!.margin);
  });

  test('settings of a model are refused by name', async () => {
    await expect(findSuspects({ data, epochs: 2 })).rejects.toThrow(/^--epochs goes with --with model/);
    await expect(findSuspects({ data, folds: 1 })).rejects.toThrow(/^--folds is 1, expected/);
  });
});

test('by a model: each text is classified by one that has not seen it', async () => {
  const found = await findSuspects({
    ...{ data, with: 'model', model: TINY, threads: 1, maxLength: 24, epochs: 3, folds: 2 },
    learningRate: 1e-3,
  });
  expect(found).toMatchObject({ examples: 200, with: 'model', folds: 2 });
  expect(found.suspects.length + found.others.length).toBe(200);
  // The surest of all is one that was turned.
  expect(FLIPPED).toContain(found.suspects[0]!.row - 1);
});

describe('bertune suspects', () => {
  test('prints where they are, and writes them to a file', async () => {
    const texts = data.map((each) => ({ ...each, text: `${each.text} \u001b[31m` }));
    writeReviews(folder, 'a.csv', texts);
    const stdout = await bertuneOk(['suspects', 'a.csv', '--top', '2', '--out', 'out.csv'], { cwd: folder });
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
    expect(stdout).toMatch(/^Texts {6}200, each classified by bags of words/);
    expect(stdout).toMatch(/\nline \d+ +(positive|negative) +\d+\.\d % +(positive|negative) +\d+\.\d % {2}/);
    const rows = parse<Record<string, string>>(readFileSync(join(folder, 'out.csv')), { columns: true });
    expect(Object.keys(rows[0]!)).toEqual(
      'place row label suggested label_probability suggested_probability margin text'.split(' '),
    );
    // The header is the file's first line.
    expect(
      rows
        .slice(0, 3)
        .map(({ place }) => place)
        .sort(),
    ).toEqual(['line 152', 'line 6', 'line 79']);
    await expectRefused(folder, ['suspects', 'a.csv', '--out', 'out.csv'], /out\.csv is there already/);
    await expectRefused(folder, ['suspects', 'a.csv', '--out', 'b.xls'], /name ending in \.csv/);
    expect(existsSync(join(folder, 'b.xls'))).toBe(false);
  });

  test('--json lists suspects, with --all every text', async () => {
    writeReviews(folder, 'b.csv', data);
    const ask = async (...more: string[]): Promise<{ suspects: unknown[]; examples: number }> =>
      JSON.parse(await bertuneOk(['suspects', 'b.csv', '--json', ...more], { cwd: folder })) as never;
    const [few, all] = [await ask(), await ask('--all')];
    expect(few).not.toHaveProperty('others');
    expect(few.suspects.length).toBeLessThan(20);
    expect(all.suspects.length).toBe(200);
    expect(all.suspects.slice(0, few.suspects.length)).toEqual(few.suspects);
  });
});
