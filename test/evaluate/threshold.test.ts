/** Choosing where to answer: by hand. */
import { describe, expect, test } from 'vitest';
import { answeredOf, chooseThreshold, fewestFor, isUnsure } from '../../src/evaluate/threshold.js';

/** 100 answers with scores 0.995, 0.985 ... 0.005; of the surest 60 the first 57 are right, of the other 40 half. */
const answers = Array.from({ length: 100 }, (_, i) => ({
  score: (99.5 - i) / 100,
  right: i < 60 ? i < 57 : i % 2 === 0,
}));

describe('precision', () => {
  test('withholds fewest answers', () => {
    // Right of the first k: 57 for k = 57 to 60, then one more for each second; k = 62 has 58 (i = 60 is right, 61 not).
    // 58 / 61 = 0.9508, 58 / 62 = 0.935: so 61 is the last with 0.95. The cut lies between scores 0.395 and 0.385.
    const chosen = chooseThreshold(answers, 100, { target: 'precision', wanted: 0.95 });
    expect(chosen).toMatchObject({ answered: 61, precision: 58 / 61, recall: 58 / 100 });
    if ('best' in chosen) throw new Error('out of reach');
    expect(chosen.score).toBeCloseTo(0.39, 12);
    const [low, high] = chosen.precision_interval;
    expect(low).toBeCloseTo(0.8653, 3); // statsmodels: proportion_confint(58, 61, method='wilson') = 0.86534, 0.98314
    expect(high).toBeCloseTo(0.9831, 3);
  });

  test('that the model has anyway needs no threshold', () => {
    expect(chooseThreshold(answers, 100, { target: 'precision', wanted: 0.7 })).toMatchObject({
      ...{ score: 0, answered: 100, precision: 0.77 },
    });
  });

  test('is not believed of few answers', () => {
    expect([fewestFor(0.5), fewestFor(0.95), fewestFor(0.98), fewestFor(0.99)]).toEqual([20, 20, 50, 100]);
    // The first 57 are all right, but 0.99 takes 100 answers to tell, and of 100 there are 77 right.
    const chosen = chooseThreshold(answers, 100, { target: 'precision', wanted: 0.99 });
    expect(chosen).toEqual({ best: 0.77, answered: 100, least: 100 });
    expect(chooseThreshold(answers.slice(0, 5), 5, { target: 'precision', wanted: 0.9 })).toEqual({
      ...{ best: 0, answered: 0, least: 20 },
    });
  });
});

describe('recall', () => {
  test('withholds most answers', () => {
    // 57 right after 57 answers, the 60th right one is i = 64: 65 answers.
    const chosen = chooseThreshold(answers, 100, { target: 'recall', wanted: 0.6 });
    expect(chosen).toMatchObject({ answered: 65, recall: 0.6 });
  });

  test('above what the model has is out of reach', () => {
    expect(chooseThreshold(answers, 100, { target: 'recall', wanted: 0.9 })).toEqual({
      ...{ best: 0.77, answered: 99, least: 20 }, // the last one, i = 99, is wrong
    });
  });
});

test('answers of the same score stay together', () => {
  const tied = [...answers.slice(0, 59), ...Array.from({ length: 20 }, () => ({ score: 0.4, right: false }))];
  const chosen = chooseThreshold(tied, 100, { target: 'precision', wanted: 0.9 });
  expect(chosen).toMatchObject({ answered: 59 });
});

test('a threshold withholds what is below it, of its label alone if it has one', () => {
  const all = { threshold: { score: 0.8, label: null } };
  const one = { threshold: { score: 0.8, label: 'spam' } };
  expect([isUnsure('ham', 0.79, all), isUnsure('ham', 0.8, all), isUnsure('ham', 0.1, undefined)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([isUnsure('ham', 0.6, one), isUnsure('spam', 0.6, one), isUnsure('spam', 0.9, one)]).toEqual([
    false,
    true,
    false,
  ]);

  // Probabilities of the answers: 0.9, 0.6, 0.9, 0.6, with log odds as logits; the third is wrong.
  const logits = [[Math.log(9), 0], [Math.log(1.5), 0], [0, Math.log(9)], [0, Math.log(1.5)]]; // prettier-ignore
  const labelIds = [0, 0, 0, 1];
  expect(answeredOf(logits, labelIds, ['ham', 'spam'], all.threshold)).toMatchObject({
    ...{ threshold: 0.8, label: null, examples: 2, coverage: 0.5, accuracy: 0.5 },
  });
  expect(answeredOf(logits, labelIds, ['ham', 'spam'], one.threshold)).toMatchObject({
    ...{ label: 'spam', examples: 3, coverage: 0.75, accuracy: 2 / 3, precision: 0 },
  });
  expect(answeredOf(logits, labelIds, ['ham', 'spam'], { score: 0.95, label: null }).accuracy).toBeNull();
});
