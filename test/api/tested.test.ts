/** Which errors a run keeps to be read: those that it is surest of, as it says its probabilities. */
import { expect, test } from 'vitest';
import { predictionsOf } from '../../src/api/tested.js';
import { errors } from '../../src/report/sections/errors.js';
import { madeUpReport } from '../support/report-data.js';
import { seen } from '../support/page.js';

// Of class 2 by the data. softmax of the first, at temperature 1: 1 / (1 + e^-3) = 0.953; at 3: 1 / (1 + e^-1 + e^-7.67) = 0.731.
const RIVAL = [3, 0, -20];
// At 1: 1 / (1 + 2 e^-4.5) = 0.978; at 3: 1 / (1 + 2 e^-1.5) = 0.691. So the temperature changes which is the surer.
const LEVEL = [4.5, 0, 0];

test.each([
  [undefined, LEVEL, '97.8 %', '95.3 %'],
  [{ temperature: 3 }, RIVAL, '73.1 %', '69.1 %'],
])('with temperature %o', (calibration, surest, first, other) => {
  const logits = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? RIVAL : LEVEL));
  const tested = logits.map((_, i) => ({
    ...{ place: `line ${i + 2}`, text: `text ${i}`, shortened: false, tokens: 2, cut: 0 },
  }));
  const targets = {
    problemType: 'single_label_classification',
    labelIds: new Int32Array(200).fill(2),
  } as const;
  const kept = predictionsOf(tested, logits, targets, { calibration });
  if (kept.problemType !== 'single_label_classification') throw new Error(kept.problemType);
  const { predictions } = kept;
  const withText = predictions.filter(({ text }) => text !== undefined);
  expect(withText).toHaveLength(100);
  expect(new Set(withText.map((each) => each.logits.join()))).toEqual(new Set([surest.join()]));

  // In the page, where all have their texts, the others come after these, with the same probabilities.
  const report = madeUpReport({ labels: ['a', 'b', 'c'], texts: 5, steps: 2 });
  const page = seen(
    errors({
      ...report,
      predictions: predictions.map((each, i) => ({ ...each, text: `text ${i}` })),
      calibration: { ...report.calibration, temperature: calibration?.temperature ?? 1 },
    }).text,
  );
  const said = [...page.matchAll(/Said a \((.*?)\)/g)].map((match) => match[1]);
  expect([said[0], said[99], said[100], said[199]]).toEqual([first, first, other, other]);
});
