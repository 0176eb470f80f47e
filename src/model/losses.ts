/** Losses as sums over the examples of a micro-batch, so that micro-batches add up to a batch. */
import { add, constant, logSoftmax, mul, neg, oneHot, reduceSum, reshape, sub } from '../graph/build.js';
import type { Value } from '../graph/types.js';

export interface CrossEntropyOptions {
  /** The share of the target that is spread evenly over all classes, in [0, 1). @default 0 */
  readonly labelSmoothing?: number;
  /** A factor on the loss for each class. @default all 1 */
  readonly classWeights?: readonly number[];
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
  { labelSmoothing = 0, classWeights }: CrossEntropyOptions = {},
): Value {
  const classes = logits.shape[1] as number;
  let target = oneHot(labels, classes); // [B, C]
  if (labelSmoothing > 0) target = add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  if (classWeights) target = mul(target, constant(logits.graph, 'float32', [classes], classWeights));
  return neg(reduceSum(mul(logSoftmax(logits), target), [0, 1]));
}

/** sum over examples of (logit - target)^2. logits [B, 1], targets [B] -> scalar. */
export function squaredErrorSum(logits: Value, targets: Value): Value {
  const difference = sub(reshape(logits, ['B']), targets);
  return reduceSum(mul(difference, difference), [0]);
}
