/** How much memory a run will take: from its graphs and the lengths of its texts, before anything is allocated. */
import { batchesOf } from '../batching/order.js';
import type { Layout } from '../step/layout.js';
import { outputBytes, peakBytes, type Sizes } from '../step/memory.js';
import { hasGradient, type GradientStep } from '../step/gradient.js';
import type { Step } from '../step/step.js';
import { keepsMean } from './average.js';
import { poolElements } from './dropout-feed.js';
import { rowsOfMicroBatches } from './micro-batches.js';
import { maskedCount } from './masked-set.js';
import type { TrainingSet } from './sets.js';
import type { RunSettings } from './settings.js';

/** A batch of B texts of S tokens, padding included. */
export interface BatchShape {
  readonly B: number;
  readonly S: number;
}

/** Bytes that a run will take beside those of the loaded model and its texts. */
export interface RunMemory {
  /** Gradients and both moments of AdamW: three times the weights that are trained. */
  readonly optimizer: number;
  /** Copies of the weights, and of moments (`copiesOfWeights`). */
  readonly copies: number;
  /** What the forward pass keeps for the backward one, for the largest micro-batch. */
  readonly activations: number;
  /** Factors that masks are windows of. */
  readonly dropout: number;
  /** The larger of a copy of the gradients, which the runtime makes as it hands them over, and the evaluation. */
  readonly handover: number;
  /** The runtime's library, sessions and threads. */
  readonly runtime: number;
}

/** Measured (bench/memory.js): the library and three sessions take 37 MB, what runs in JavaScript meanwhile the rest. */
const RUNTIME_BYTES = 70e6;

/** Epochs that are looked through for their largest micro-batch; the later ones are no different. */
const EPOCHS = 3;

/** Sizes by the names that graphs have for them: M tokens are masked, at the most, where any are. */
const sizesOf = ({ B, S }: BatchShape): Sizes => ({ B, S, M: B * maskedCount(S) });

/** The shapes of a run's micro-batches in their order, of its first epochs. */
export function microBatchShapes(
  set: Pick<TrainingSet, 'lengths' | 'windows'>,
  settings: Pick<RunSettings, 'batchSize' | 'gradientAccumulationSteps' | 'order' | 'seed'>,
  totalSteps: number,
): { shapes: BatchShape[]; perUpdate: number } {
  const lengthsOfRows = set.windows?.lengths ?? set.lengths;
  const shapes: BatchShape[] = [];
  let left = totalSteps * settings.gradientAccumulationSteps;
  let seen = 0;
  for (let epoch = 0; epoch < EPOCHS && left > 0; epoch++) {
    const batches = batchesOf(set.lengths, settings.batchSize, settings.order, settings.seed, epoch);
    for (const batch of batches.slice(0, left)) {
      for (const rows of rowsOfMicroBatches(set, batch)) shapes.push(shapeOf(lengthsOfRows, rows));
    }
    const updates = Math.ceil(Math.min(left, batches.length) / settings.gradientAccumulationSteps);
    seen += updates;
    left -= updates * settings.gradientAccumulationSteps;
  }
  return { shapes, perUpdate: shapes.length / Math.max(1, seen) };
}

/** The rectangle that these rows are padded to. */
export function shapeOf(lengths: ArrayLike<number>, places: readonly number[]): BatchShape {
  return { B: places.length, S: places.reduce((most, place) => Math.max(most, lengths[place]!), 1) };
}

/**
 * What a run of this model takes, as a function of the shapes that it meets in training and in evaluation. Each graph's
 * order is worked out once, so that many shapes can be tried.
 */
export function runMemory(
  gradient: GradientStep,
  forward: Step,
  layout: Layout,
  copies = 0,
): (training: readonly BatchShape[], evaluation: readonly BatchShape[]) => RunMemory {
  const trained = layout.parameters.reduce(
    (sum, { name, start, end }) => sum + (hasGradient(gradient, name) ? end - start : 0),
    0,
  );
  const [activations, evaluated] = [peakBytes(gradient.graph), peakBytes(forward.graph)];
  return (training, evaluation) => {
    const largest = largestOf(training);
    const most = (bytes: (shape: BatchShape) => number, shapes: readonly BatchShape[]): number =>
      shapes.reduce((peak, shape) => Math.max(peak, bytes(shape)), 0);
    return {
      optimizer: 3 * 4 * trained,
      copies: copies * 4 * layout.size,
      activations: most((shape) => activations(sizesOf(shape)), largest),
      dropout: most((shape) => 4 * poolElements(gradient.dropoutSites, shape), largest),
      handover: Math.max(
        most((shape) => outputBytes(gradient.graph, sizesOf(shape)), largest),
        most((shape) => evaluated(sizesOf(shape)), largestOf(evaluation)),
      ),
      runtime: RUNTIME_BYTES,
    };
  };
}

export function totalOf(memory: RunMemory): number {
  const { optimizer, copies, activations, dropout, handover, runtime } = memory;
  return optimizer + copies + activations + dropout + handover + runtime;
}

/** Copies that a run keeps beside the weights that are trained: their mean, the best so far, where branches begin. */
export function copiesOfWeights(
  settings: Pick<RunSettings, 'averageLast' | 'evalSteps' | 'branches'>,
): number {
  const { evalSteps, branches } = settings;
  return (keepsMean(settings) ? 1 : 0) + (evalSteps > 0 ? 1 : 0) + (branches > 1 ? 3 : 0);
}

/** Those shapes that no other is at least as large as in both directions: one of them takes the most memory. */
function largestOf(shapes: readonly BatchShape[]): BatchShape[] {
  const widest = new Map<number, number>();
  for (const { B, S } of shapes) widest.set(S, Math.max(widest.get(S) ?? 0, B));
  const kept: BatchShape[] = [];
  for (const [S, B] of [...widest].sort((a, b) => b[0] - a[0])) {
    if (B > (kept.at(-1)?.B ?? 0)) kept.push({ B, S });
  }
  return kept;
}
