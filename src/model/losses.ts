/** Losses as sums over the examples of a micro-batch, so that micro-batches add up to a batch. */
import { logSoftmax, mul, neg, oneHot, reduceSum, reshape, sub } from '../graph/build.js';
import type { Value } from '../graph/types.js';

/** -sum over examples of log softmax(logits)[label]. logits [B, C], labels int64 [B] -> scalar. */
export function crossEntropySum(logits: Value, labels: Value): Value {
  const classes = logits.shape[1] as number;
  return neg(reduceSum(mul(logSoftmax(logits), oneHot(labels, classes)), [0, 1]));
}

/** sum over examples of (logit - target)^2. logits [B, 1], targets [B] -> scalar. */
export function squaredErrorSum(logits: Value, targets: Value): Value {
  const difference = sub(reshape(logits, ['B']), targets);
  return reduceSum(mul(difference, difference), [0]);
}
