import { describe, expect, test } from 'vitest';
import { confidentLearning } from '../../src/evaluate/confident-learning.js';
import { fixtureJson } from '../support/fixtures.js';

interface Case {
  readonly name: string;
  readonly labels: number[];
  readonly probabilities: number[][];
  readonly thresholds: number[];
  readonly confident_joint: number[][];
  readonly noise: number;
  readonly issues: number[];
  readonly normalized_margin: number[];
  readonly self_confidence: number[];
}

const { cases } = fixtureJson('suspects.json') as { cases: Case[] };

describe('the same as cleanlab', () => {
  test.each(cases)('$name', (expected) => {
    const { labels, probabilities } = expected;
    const found = confidentLearning(probabilities, labels);
    found.thresholds.forEach((threshold, id) => {
      expect(threshold).toBeCloseTo(expected.thresholds[id]!, 12);
    });
    expect(found.confidentJoint).toEqual(expected.confident_joint);
    expect(found.noise).toBeCloseTo(expected.noise, 12);
    const likely = found.ranking.filter((each) => each.likely);
    expect(likely.map(({ place }) => place).sort((a, b) => a - b)).toEqual(expected.issues);
    for (const { place, margin, selfConfidence } of found.ranking) {
      expect(selfConfidence).toBeCloseTo(expected.self_confidence[place]!, 12);
      // cleanlab's is moved to 0 to 1.
      expect((margin + 1) / 2).toBeCloseTo(expected.normalized_margin[place]!, 12);
    }
  });
});

test('by hand: the thresholds are means, and what reaches another class’s is suspected', () => {
  const probabilities = [
    [0.9, 0.1], // given 0
    [0.7, 0.3], // given 0
    [0.2, 0.8], // given 0, the threshold of 1 is (0.75 + 0.65) / 2 = 0.7: suspected
    [0.25, 0.75], // given 1
    [0.35, 0.65], // given 1; below 0.7, and 0.35 is below the threshold of 0: not sure of either
  ];
  const { thresholds, confidentJoint, ranking, noise } = confidentLearning(probabilities, [0, 0, 0, 1, 1]);
  expect(thresholds[0]).toBeCloseTo((0.9 + 0.7 + 0.2) / 3, 12);
  expect(thresholds[1]).toBeCloseTo(0.7, 12);
  expect(confidentJoint).toEqual([
    [2, 1],
    [0, 1],
  ]);
  expect(noise).toBeCloseTo((3 * (1 / 3)) / 5, 12);
  expect(ranking.map(({ place }) => place)).toEqual([2, 4, 1, 3, 0]);
  expect(ranking[0]).toMatchObject({ given: 0, suggested: 1, selfConfidence: 0.2, likely: true });
  expect(ranking[0]!.margin).toBeCloseTo(-0.6, 12);
  expect(ranking.slice(1).some(({ likely }) => likely)).toBe(false);
});

test('what is suspected comes before what only has a smaller margin', () => {
  // Nobody is sure of class 1 below 0.9, so the second text of class 0, which leans to it, is not suspected.
  const probabilities = [
    [0.05, 0.95, 0],
    [0.45, 0.55, 0],
    [0.1, 0.9, 0],
    [0.02, 0.08, 0.9],
    [0.55, 0.05, 0.4],
  ];
  const { ranking } = confidentLearning(probabilities, [0, 0, 1, 2, 2]);
  // Thresholds 0.25, 0.9 and 0.65: the last is sure of 0 alone, at a margin of -0.15.
  expect(ranking.map(({ place, likely }) => [place, likely]).slice(0, 3)).toEqual([
    [0, true],
    [4, true],
    [1, false],
  ]);
});
