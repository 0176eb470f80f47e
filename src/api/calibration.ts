/** A run's temperature: fitted on texts that it has not learnt from, with what it changed. */
import { reliabilityOf, type Reliability } from '../evaluate/reliability.js';
import { fitTemperature } from '../evaluate/temperature.js';
import { plural } from '../util/wording.js';

/** What a temperature changes, without the bins. */
export type CalibrationErrors = Omit<Reliability, 'examples' | 'reliability'>;

/** As `bertune.json` keeps it. */
export interface FittedCalibration {
  /** What logits are divided by before the softmax. */
  readonly temperature: number;
  readonly method: 'temperature_scaling';
  /** The texts that it was fitted on. */
  readonly data: string;
  readonly data_sha256: string | readonly (string | null)[] | null;
  readonly examples: number;
  /** On these texts. */
  readonly before: CalibrationErrors;
  readonly after: CalibrationErrors;
}

/** With fewer, a temperature may be off by more than it mends. */
export const FEW_TEXTS = 100;

/**
 * Fits the temperature on held-out texts.
 *
 * @returns why there is none, in words, where there isn't
 */
export function fitCalibration(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  on: Pick<FittedCalibration, 'data' | 'data_sha256'>,
): FittedCalibration | { readonly reason: string } {
  const temperature = fitTemperature(logits, labelIds);
  if (temperature === undefined) return { reason: whyNone(logits, labelIds) };
  const calibration = { temperature };
  return {
    temperature,
    method: 'temperature_scaling',
    ...on,
    examples: logits.length,
    before: errorsOf(reliabilityOf(logits, labelIds, undefined)),
    after: errorsOf(reliabilityOf(logits, labelIds, { calibration })),
  };
}

function whyNone(logits: readonly ArrayLike<number>[], labelIds: ArrayLike<number>): string {
  const { reliability, examples } = reliabilityOf(logits, labelIds, undefined);
  const right = reliability.reduce((sum, { count, accuracy }) => sum + count * (accuracy ?? 0), 0);
  const share = `${Math.round(right)} of the ${plural(examples, 'text')} are classified rightly`;
  return right > examples / 2
    ? `${share}, and those that aren't, if any, say too little of how far its confidence is off; more texts would`
    : `${share}, so its confidence says nothing, and no temperature mends that`;
}

const errorsOf = ({ examples: _, reliability: __, ...errors }: Reliability): CalibrationErrors => errors;
