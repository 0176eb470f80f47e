/** How far a model's confidence can be believed: what it says beside how often it is right. */
import { argmax, meanCrossEntropy } from './metrics.js';
import { calibratedLogits, probabilitiesOf, type Calibrated } from './probabilities.js';

/** Texts whose confidence, the probability of the answer, is above `from` and at most `to`. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  /** Texts in it. */
  readonly count: number;
  /** Their mean confidence; `null` where there are none. */
  readonly confidence: number | null;
  /** The share of them that is classified rightly; `null` where there are none. */
  readonly accuracy: number | null;
}

/** The fields have the names of the JSON that commands print. */
export interface Reliability {
  readonly examples: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Over 15 bins of the same width: how far confidence and accuracy are apart in a bin, weighted by its texts. */
  readonly expected_calibration_error: number;
  /** The same over 15 bins of the same number of texts. */
  readonly expected_calibration_error_equal_mass: number;
  /** Mean squared error of the probabilities: with two classes of the second's, with more summed over classes. */
  readonly brier_score: number;
  /** The bins of the same width, for a reliability diagram. */
  readonly reliability: readonly ReliabilityBin[];
}

/** As in Guo et al. 2017. */
const BINS = 15;

/**
 * @param logits [texts][C]
 * @param labelIds the true classes
 * @param contract the run's, for its temperature
 */
export function reliabilityOf(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  contract: Calibrated | undefined,
): Reliability {
  const probabilities = logits.map((row) => probabilitiesOf(row, contract));
  const answers: Answer[] = logits.map((row, i) => {
    const best = argmax(row);
    return { confidence: probabilities[i]![best]!, right: best === labelIds[i] };
  });
  const bins = equalWidth(answers);
  return {
    examples: logits.length,
    loss: meanCrossEntropy(calibratedLogits(logits, contract), labelIds),
    expected_calibration_error: calibrationError(bins.map(({ members }) => members)),
    expected_calibration_error_equal_mass: calibrationError(equalMass(answers)),
    brier_score: brierScore(probabilities, labelIds),
    reliability: bins.map(({ from, to, members }) => ({
      from,
      to,
      count: members.length,
      ...meansOf(members),
    })),
  };
}

interface Answer {
  readonly confidence: number;
  readonly right: boolean;
}

/** A confidence on the border of two bins belongs to the lower one, as in the paper. */
function equalWidth(answers: readonly Answer[]): { from: number; to: number; members: Answer[] }[] {
  const bins = Array.from({ length: BINS }, (_, bin) => ({
    ...{ from: bin / BINS, to: (bin + 1) / BINS },
    members: [] as Answer[],
  }));
  for (const answer of answers) {
    const bin = bins.findIndex(({ to }) => answer.confidence <= to);
    bins[bin === -1 ? BINS - 1 : bin]!.members.push(answer);
  }
  return bins;
}

/** In the order of confidence, in parts whose sizes differ by one at most, larger ones first. */
function equalMass(answers: readonly Answer[]): Answer[][] {
  const sorted = [...answers].sort((a, b) => a.confidence - b.confidence);
  const [least, larger] = [Math.floor(sorted.length / BINS), sorted.length % BINS];
  const start = (bin: number): number => bin * least + Math.min(bin, larger);
  return Array.from({ length: BINS }, (_, bin) => sorted.slice(start(bin), start(bin + 1)));
}

/** Guo et al. 2017, equation 3. */
function calibrationError(bins: readonly (readonly Answer[])[]): number {
  const texts = bins.reduce((sum, { length }) => sum + length, 0);
  return bins.reduce((sum, bin) => {
    const { confidence, accuracy } = meansOf(bin);
    return confidence === null ? sum : sum + (bin.length / texts) * Math.abs(accuracy - confidence);
  }, 0);
}

type Means = { confidence: number; accuracy: number } | { confidence: null; accuracy: null };

function meansOf(bin: readonly Answer[]): Means {
  if (bin.length === 0) return { confidence: null, accuracy: null };
  const [confidence, right] = bin.reduce(
    ([sum, hits], answer) => [sum + answer.confidence, hits + (answer.right ? 1 : 0)],
    [0, 0],
  );
  return { confidence: confidence / bin.length, accuracy: right / bin.length };
}

/** Brier 1950; with two classes the half of it, as scikit-learn has it. */
function brierScore(probabilities: readonly (readonly number[])[], labelIds: ArrayLike<number>): number {
  const total = probabilities.reduce(
    (sum, row, i) => sum + row.reduce((part, p, id) => part + (p - (id === labelIds[i] ? 1 : 0)) ** 2, 0),
    0,
  );
  const half = probabilities[0]?.length === 2 ? 2 : 1;
  return total / half / probabilities.length;
}
