/** One is one: what is counted stands in the singular where there is one of it. */
import { afterEach, expect, test, vi } from 'vitest';
import { printExplanation } from '../../src/cli/explanation.js';
import { forecastLines } from '../../src/cli/forecast.js';
import { about } from '../../src/cli/terminal.js';
import { slicesByLength } from '../../src/evaluate/slices.js';
import { parsePredictions } from '../../src/report/predictions.js';
import type { Explanation, Forecast } from '../../src/index.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** "1 texts", "1 of 1 words are", but not "11 texts" or "0.1 points". */
const WRONG = /(?<![\d.,])1 (?:[a-z]+-)*(?:texts|tokens|windows|words|pieces|updates|tensors|batches|are)\b/;

test.each<[string, Partial<Forecast['texts']>]>([
  ['cut', { cutTexts: 1 }],
  ['read whole', {}],
  ['in windows', { textsInWindows: 1, windows: 1 }],
])('a forecast of one text, one update, one token: %s', (_, texts) => {
  const forecast = {
    ...{ model: 'm', parameters: 10, labels: ['a', 'b'], pairs: false, microBatches: 1 },
    report: { found: ['x'], made: [], unused: [] },
    problem: { problemType: 'single_label_classification', reason: 'one' },
    plan: { totalSteps: 1, totalTokens: 1, stepsPerEpoch: 1 },
    settings: { batchSize: 1, gradientAccumulationSteps: 1, maxLength: 1, truncation: 'head' },
    memory: { peak: 1e6, limit: 1e9 },
    texts: {
      ...{ train: 1, test: 1, validation: 0, leaks: 1, dropsLeaks: false, untestedLabels: 1 },
      ...{ windows: 0, textsInWindows: 0, cutTexts: 0, cutTokens: 0.5, ...texts },
    },
  } as unknown as Forecast;
  const lines = forecastLines(forecast).join('\n');
  expect(lines).not.toMatch(WRONG);
  expect(lines).toContain('1 update of 1 text: 1 token in 1 micro-batch\n');
  expect(lines).toContain('1 of the texts to learn from is among those to evaluate on');
});

test('an explanation of one word that was not read', () => {
  const explanation = {
    ...{ text: 'a', label: 'x', explained: 'x', score: 0.5, logit: 1, baseline_logit: 0, residual: 0 },
    ...{ complete: true, cut: 1, words: [{ word: 'a', start: 0, end: 1, contribution: null }] },
  } as unknown as Explanation;
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  printExplanation(explanation, 3);
  expect(lines.join('')).toContain("Not read: 1 of 1 word (1 word piece), beyond the model's length.");
});

test('parts by length, times, and what a file of predictions should hold', () => {
  const parts = slicesByLength([{ tokens: 1, cut: 0, correct: true }]);
  expect(parts.map(({ name }) => name)).toEqual(['1 token']);
  expect(about(60)).toBe('about 1 minute');
  const line = '{"place":"line 2","value":1,"prediction":1,"logits":[],"tokens":1,"cut":0}';
  const broken = line.replace('"prediction":1', '"prediction":"x"');
  expect(() => parsePredictions(broken, 'regression', ['score'], 'p.jsonl')).toThrow(/p\.jsonl, line 1/);
});
