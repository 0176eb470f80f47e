/** Probabilities as a run says them: by its temperature, where it has one. */
import { softmax } from './logits.js';

/** What of a run's `bertune.json` bears on its probabilities. */
export interface Calibrated {
  /** Absent where the run was never calibrated. */
  readonly calibration?: { readonly temperature: number } | undefined;
}

/** What logits are divided by before the softmax; 1 where nothing was fitted. */
export function temperatureOf(contract: Calibrated | undefined): number {
  return contract?.calibration?.temperature ?? 1;
}

/**
 * The probability of each class: softmax(logits / T). Everything that shows a run's confidence asks here. The answer, which
 * is the largest logit's class, never changes.
 *
 * ```ts
 * probabilitiesOf([0, 2], undefined); // [0.119, 0.881]
 * probabilitiesOf([0, 2], { calibration: { temperature: 2 } }); // [0.269, 0.731]
 * ```
 *
 * @param logits [C]
 * @param contract the run's, as `Classifier.contract` or `LoadedModel.contract` has it
 */
export function probabilitiesOf(logits: ArrayLike<number>, contract: Calibrated | undefined): number[] {
  return softmax(scaled(logits, temperatureOf(contract)));
}

/** logits / T of each text, [texts][C]: what metrics that read probabilities are given. */
export function calibratedLogits(
  logits: readonly ArrayLike<number>[],
  contract: Calibrated | undefined,
): readonly ArrayLike<number>[] {
  const temperature = temperatureOf(contract);
  return temperature === 1 ? logits : logits.map((row) => scaled(row, temperature));
}

/** In float64, in which different fp32 logits stay different. */
function scaled(logits: ArrayLike<number>, temperature: number): Float64Array {
  return Float64Array.from(logits, (value) => value / temperature);
}
