/** Binary cross-entropy with smoothing and weights, against PyTorch in float64 (scripts/fixtures/make_kinds.py). */
import { expect, test } from 'vitest';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import { binaryCrossEntropySum } from '../../src/model/losses.js';
import { classWeightsOf } from '../../src/train/class-weights.js';
import { evaluate } from '../reference/evaluate.js';
import { tensor } from '../reference/tensor.js';
import { fixtureJson } from '../support/fixtures.js';

const { losses } = fixtureJson('kinds.json') as {
  losses: {
    smoothing: number;
    weights: number[] | null;
    logits: number[][];
    targets: number[][];
    loss: number;
    gradient: number[][];
  }[];
};

test.each(losses)('smoothing $smoothing, weights $weights', (expected) => {
  const graph = new Graph();
  const logits = graph.input('logits', 'float32', ['B', 3]);
  const loss = binaryCrossEntropySum(logits, graph.input('labels', 'float32', ['B', 3]), {
    labelSmoothing: expected.smoothing,
    ...(expected.weights && { classWeights: expected.weights }),
  });
  const [gradient] = differentiate(graph, loss, [logits]);
  const values = evaluate(graph, {
    logits: tensor([5, 3], expected.logits.flat()),
    labels: tensor([5, 3], expected.targets.flat()),
  });
  // A sum over texts, of which PyTorch takes the mean.
  expect(values.get(loss)!.data[0]! / 5).toBeCloseTo(expected.loss, 10);
  expected.gradient.flat().forEach((value, i) => {
    expect(values.get(gradient!)!.data[i]! / 5).toBeCloseTo(value, 10);
  });
});

test('balanced: having a label weighs as much as not having it', () => {
  // 1 of 4 texts has label 0, 2 have label 1, none has label 2.
  const labelSets = [[0, 1], [1], [], []];
  expect(classWeightsOf({ problemType: 'multi_label_classification', labelSets }, 3)).toEqual([3, 1, 1]);
});
