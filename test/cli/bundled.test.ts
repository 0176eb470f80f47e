/** The bundled model and real reviews, once through all three commands: what a newcomer does, on fewer texts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { SAMPLE_TEST, SAMPLE_TRAIN } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk } from '../support/cli.js';
import { csv, readJsonFile, sha256 } from '../support/reviews.js';

/** The header and the first reviews of a file of the sample. */
function firstReviews(path: string, count: number): string {
  const rows: string[][] = parse(readFileSync(path), { to: count + 1 });
  return csv(rows);
}

test('train, evaluate and predict', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'train.csv'), firstReviews(SAMPLE_TRAIN, 24));
  writeFileSync(join(cwd, 'test.csv'), firstReviews(SAMPLE_TEST, 8));
  const options =
    '--test test.csv --max-steps 2 --max-length 48 --logging-steps 1 --warmup-ratio 0 --truncation head+tail --out runs/x';
  const { code, stdout, stderr } = await bertune(['train', 'train.csv', ...options.split(' ')], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Accuracy {2}\d+\.\d % \(\d+\.\d to \d+\.\d\) on 8 texts it has not seen\nBag of words .*\nBaseline .*\n(?:Confidence .*\n)?Report .*\nSaved {5}runs\/x .*\n$/,
  );
  expect(stderr).toMatch(
    /all-MiniLM-L6-v2: 22,\d{3},\d{3} parameters\n +103 tensors found, a new classifier \(/,
  );
  expect(stderr).toMatch(/^Labels {4}negative, positive$/m);
  expect(stderr).toMatch(
    /^Length {4}\d+ training texts are cut to 48 tokens \(head\+tail\): \d+\.\d % of all tokens /m,
  );
  expect(stderr).toContain('training 2/2');
  expect(readJsonFile(cwd, 'runs/x/bertune.json')).toMatchObject({
    base_model: 'sentence-transformers/all-MiniLM-L6-v2',
    data: { train_examples: 24, test_examples: 8, train_sha256: sha256(cwd, 'train.csv') },
  });
  const { log_history: log } = readJsonFile(cwd, 'runs/x/trainer_state.json') as {
    log_history: Record<string, number>[];
  };
  // Before the first update a new head knows nothing, so the loss is that of a fair coin.
  expect(log[0]!['loss']).toBeGreaterThan(0.6);
  expect(log[0]!['loss']).toBeLessThan(0.8);

  const document = JSON.parse(await bertuneOk(['evaluate', 'runs/x', 'test.csv', '--json'], { cwd })) as {
    accuracy: number;
    loss: number;
    examples: number;
  };
  const reported = readJsonFile(cwd, 'runs/x/eval_results.json') as Record<string, number>;
  expect(document.examples).toBe(8);
  expect(document.accuracy).toBe(reported['eval_accuracy']);
  expect(document.loss).toBeCloseTo(reported['eval_loss']!, 5);

  const line = await bertuneOk(['predict', 'runs/x', 'A fine film.', '--json'], { cwd });
  const { scores } = JSON.parse(line) as { scores: Record<string, number> };
  expect(Object.keys(scores)).toEqual(['negative', 'positive']);
  expect(scores['negative']! + scores['positive']!).toBeCloseTo(1, 12);
});
