/** `bertune report`: the page of a run, made again from its folder, or of other texts. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bertuneOk, expectRefused, ON_TINY, sharedFolder, TINY_MODEL } from '../support/cli.js';
import { seen } from '../support/page.js';
import { reviews, reviewsCsv, writeReviews } from '../support/reviews.js';

const cwd = sharedFolder();
const read = (...path: string[]): string => readFileSync(join(cwd, ...path), 'utf8');

beforeAll(async () => {
  writeReviews(cwd, 'a.csv', reviews(60));
  writeFileSync(join(cwd, 'b.csv'), reviewsCsv(reviews(20)));
  await bertuneOk(['train', 'a.csv', '--test', 'b.csv', ...ON_TINY, '--eval-steps', '2', '--out', 'x'], {
    cwd,
  });
}, 60_000);

describe('report', () => {
  test('every run has a page, a line for each test text, and what it says is what the run’s files say', () => {
    const page = seen(read('x', 'report.html'));
    const results = JSON.parse(read('x', 'eval_results.json')) as Record<string, number>;
    expect(page).toContain(
      `Right on ${(100 * results['eval_accuracy']!).toFixed(1)} % of 20 texts it has not seen`,
    );
    expect(page).not.toMatch(/undefined|NaN|\[object|Infinity/);
    for (const heading of ['How it learnt', 'What it confuses', 'What it gets wrong', 'How it was made']) {
      expect(page).toContain(heading);
    }
    const lines = read('x', 'predictions.jsonl').trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toHaveLength(20);
    const right = rows.filter(({ label, prediction }) => label === prediction).length;
    expect(right / 20).toBe(results['eval_accuracy']);
    expect(rows[3]).toMatchObject({ place: 'line 5', label: 'positive', cut: 0 });
    // Only errors, which are shown, keep their texts.
    for (const { label, prediction, text } of rows)
      expect(typeof text).toBe(label === prediction ? 'undefined' : 'string');
  });

  test('made again it is the same, byte for byte', async () => {
    const before = read('x', 'report.html');
    rmSync(join(cwd, 'x', 'report.html'));
    expect(await bertuneOk(['report', 'x'], { cwd })).toBe('Report    x/report.html\n');
    expect(read('x', 'report.html') === before).toBe(true);
  });

  test('of the same texts classified anew, it says the same', async () => {
    const args = ['report', 'x', '--data', 'b.csv', '--out', 'fresh.html', '--threads', '1', '--json'];
    expect(JSON.parse(await bertuneOk(args, { cwd }))).toEqual({ report: 'fresh.html' });
    expect(seen(read('fresh.html'))).toBe(seen(read('x', 'report.html')));
  });

  test('--explain shows what each word of an error did; the text stays text', async () => {
    const args = ['report', 'x', '--explain', '1', '--out', 'why.html', '--threads', '1'];
    await bertuneOk(args, { cwd });
    const pieces = read('why.html').match(/<div class="why">.*?<\/div>/gs) ?? [];
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toMatch(/<span class="(for|against)-\d" title="[+-]?\d\.\d{3}">\w+<\/span>/);
    const rows = read('x', 'predictions.jsonl').trimEnd().split('\n');
    const texts = rows.map((row) => (JSON.parse(row) as { text?: string }).text);
    expect(texts).toContain(pieces[0]!.replace(/<[^>]*>/g, ''));
    await expectRefused(cwd, ['report', 'x', '--explain', '-1'], /--explain is -1, expected how many errors/);
  });

  test('what is no run, or keeps no predictions, is refused with what to do', async () => {
    await expectRefused(cwd, ['report', 'y'], /y is no run of bertune: it has no bertune\.json/);
    const kept = read('x', 'predictions.jsonl');
    writeFileSync(join(cwd, 'x', 'predictions.jsonl'), kept.replace('"negative"', '"nagative"'));
    await expectRefused(cwd, ['report', 'x'], /predictions\.jsonl, line 1: "label" is "nagative"/);
    rmSync(join(cwd, 'x', 'predictions.jsonl'));
    await expectRefused(cwd, ['report', 'x'], /x keeps no predictions\.jsonl.*--data/);
    writeFileSync(join(cwd, 'x', 'predictions.jsonl'), kept);
  });
});

describe('several runs', () => {
  beforeAll(async () => {
    await bertuneOk(['train', 'a.csv', '--test', 'b.csv', ...ON_TINY, '--seed', '7', '--out', 'z'], { cwd });
  }, 60_000);

  test('are compared in a table of what differs and what came of it, also as a page and as JSON', async () => {
    const table = await bertuneOk(['report', 'x', 'z', '--out', 'compared.html'], { cwd });
    expect(table).toMatch(/^ +x +z$/m);
    expect(table).toMatch(/^accuracy( +\d+\.\d % \(\d+\.\d to \d+\.\d\)){2}$/m);
    expect(table).toMatch(/^seed +42 +7$/m);
    expect(table).toMatch(/^eval steps +2 +0$/m);
    expect(table).not.toMatch(/^batch size/m); // the same in both
    const page = seen(read('compared.html'));
    expect(page).toContain('seed 42 7');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
    const { same_texts, runs } = JSON.parse(await bertuneOk(['report', 'x', 'z', '--json'], { cwd })) as {
      same_texts: boolean;
      runs: Record<string, unknown>[];
    };
    expect(same_texts).toBe(true);
    // Numbers for machines, as the run's own files have them.
    for (const [i, run] of ['x', 'z'].entries()) {
      const results = JSON.parse(read(run, 'eval_results.json')) as Record<string, unknown>;
      const intervals = results['eval_confidence_intervals'] as Record<string, unknown>;
      expect(runs[i]).toMatchObject({
        run,
        metrics: { accuracy: results['eval_accuracy'], loss: results['eval_loss'] },
        confidence_intervals: { accuracy: intervals['accuracy'] },
        costs: {
          peak_memory_bytes: results['peak_memory_bytes'],
          train_seconds: expect.any(Number) as number,
        },
        differences: { seed: [42, 7][i], evalSteps: [2, 0][i] },
      });
    }
  });

  test('a run named twice, an export, an encoder and a folder of runs are each refused with what to do', async () => {
    await expectRefused(cwd, ['report', 'x', 'z', './x/'], /\.\/x\/ is named twice.*name another/);
    await bertuneOk(['export', 'x', '--format', 'hf', '--out', 'x-hf'], { cwd });
    await expectRefused(cwd, ['report', 'x', 'x-hf'], /x-hf has no trainer_state\.json: it is an export/);
    const pretraining = ['pretrain', 'a.csv', ...TINY_MODEL, '--max-steps', '1', '--out', 'encoder'];
    await bertuneOk(pretraining, { cwd });
    await expectRefused(
      cwd,
      ['report', 'x', 'encoder'],
      /encoder was pre-trained further and knows no labels/,
    );
    await expectRefused(cwd, ['report', '.'], /\. is no run.*It holds runs: .*"\.\/z"\. Name these/);
    const kept = read('z', 'eval_results.json');
    rmSync(join(cwd, 'z', 'eval_results.json'));
    await expectRefused(
      cwd,
      ['report', 'x', 'z'],
      /z has no eval_results\.json: it is an export, or not whole/,
    );
    writeFileSync(join(cwd, 'z', 'eval_results.json'), kept);
  });

  test('evaluated on different texts can not be compared, which is said', async () => {
    const args = ['train', 'a.csv', '--test', 'a.csv', ...ON_TINY, '--max-steps', '1', '--out', 'other'];
    await bertuneOk(
      args.filter((arg, i) => arg !== '--epochs' && args[i - 1] !== '--epochs'),
      { cwd },
    );
    const said = "their metrics can't be compared";
    expect(await bertuneOk(['report', 'x', 'other'], { cwd })).toContain(said);
    // Test texts that were set aside are others with another seed.
    const aside = (out: string, seed: string): string[] => [
      ...['train', 'a.csv', ...TINY_MODEL, '--max-steps', '1', '--no-baseline', '--out', out, '--seed', seed],
    ];
    for (const [out, seed] of [['s1', '1'], ['s2', '2'], ['s1-again', '1']] as const) {
      await bertuneOk(aside(out, seed), { cwd });
    } // prettier-ignore
    expect(await bertuneOk(['report', 's1', 's2'], { cwd })).toContain(said);
    const same = await bertuneOk(['report', 's1', 's1-again'], { cwd });
    expect(same).not.toContain(said);
    expect(same).toContain('Nothing that the runs write down is different.');
  });
});
