/** Losses as sums over the examples of a micro-batch, so that micro-batches add up to a batch. */
import {
  add,
  concat,
  constant,
  fill,
  logSoftmax,
  mul,
  neg,
  oneHot,
  reduceSum,
  reshape,
  sub,
  subFrom,
} from '../graph/build.js';
import type { Value } from '../graph/types.js';

export interface CrossEntropyOptions {
  /** The share of the target that is spread evenly over all classes, in [0, 1). @default 0 */
  readonly labelSmoothing?: number;
  /** A factor on the loss for each class; of several labels on the loss where the label is. @default all 1 */
  readonly classWeights?: readonly number[];
  /** A factor on the loss of each example, float32 [B]. @default all 1 */
  readonly exampleWeights?: Value;
}

/**
 * -sum over examples and classes of target * log softmax(logits), where the target is 1 at the label and 0 elsewhere.
 * logits [B, C], labels int64 [B] -> scalar.
 *
 * With smoothing e (Szegedy et al. 2016, arXiv 1512.00567, section 7) the target is (1 - e) at the label and e / C
 * everywhere beside; a class's weight multiplies its column, also of the smoothed part. So divided by the sum of the
 * labels' weights it is PyTorch's `cross_entropy`.
 */
export function crossEntropySum(
  logits: Value,
  labels: Value,
  { labelSmoothing = 0, classWeights, exampleWeights }: CrossEntropyOptions = {},
): Value {
  const classes = logits.shape[1] as number;
  let target = oneHot(labels, classes); // [B, C]
  if (labelSmoothing > 0) target = add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  if (classWeights) target = mul(target, constant(logits.graph, 'float32', [classes], classWeights));
  if (exampleWeights) target = mul(target, reshape(exampleWeights, ['B', 1]));
  return neg(reduceSum(mul(logSoftmax(logits), target), [0, 1]));
}

/**
 * sum over examples of the mean over labels of -(w y log sigmoid(logit) + (1 - y) log sigmoid(-logit)).
 * logits [B, C], targets float32 [B, C] of zeros and ones -> scalar.
 *
 * Each label is a choice between two classes with the logits (x, 0), whose softmax is (sigmoid(x), sigmoid(-x)); so it is safe
 * for large numbers. Smoothing e moves y towards a half: y (1 - e) + e / 2. Divided by the number of examples it is PyTorch's
 * `binary_cross_entropy_with_logits`, w its `pos_weight`.
 */
export function binaryCrossEntropySum(
  logits: Value,
  targets: Value,
  { labelSmoothing = 0, classWeights, exampleWeights }: CrossEntropyOptions = {},
): Value {
  const C = logits.shape[1] as number;
  const column = (x: Value): Value => reshape(x, ['B', C, 1]); // [B, C] -> [B, C, 1]
  const is = labelSmoothing > 0 ? add(mul(targets, 1 - labelSmoothing), labelSmoothing / 2) : targets;
  const weighted = classWeights ? mul(is, constant(logits.graph, 'float32', [C], classWeights)) : is;
  let target = concat([column(weighted), column(subFrom(1, is))], 2); // [B, C, 2]
  if (exampleWeights) target = mul(target, reshape(exampleWeights, ['B', 1, 1]));
  const choices = concat([column(logits), fill(logits.graph, ['B', C, 1], 0)], 2); // [B, C, 2]
  return mul(reduceSum(mul(logSoftmax(choices), target), [0, 1, 2]), -1 / C);
}

/** sum over examples of (logit - target)^2, each times its weight. logits [B, 1], targets [B], weights [B] -> scalar. */
export function squaredErrorSum(logits: Value, targets: Value, exampleWeights?: Value): Value {
  const difference = sub(reshape(logits, ['B']), targets);
  const square = mul(difference, difference);
  return reduceSum(exampleWeights ? mul(square, exampleWeights) : square, [0]);
}
