/** What a run will be like, before it is run. */
import { batchesByLength } from '../batching/order.js';
import { tokensOf, type TextWindows } from '../batching/windows.js';
import { BATCH_TOKENS } from '../evaluate/logits.js';
import { availableMemory } from '../files/memory.js';
import type { GradientStep } from '../step/gradient.js';
import { changesThatFit, type SizeSettings } from '../train/fitting.js';
import { planTraining, type TrainingPlan } from '../train/plan.js';
import {
  copiesOfWeights,
  microBatchShapes,
  runMemory,
  shapeOf,
  totalOf,
  type BatchShape,
  type RunMemory,
} from '../train/memory.js';
import { labelledSet, lengthsOfSet, type TrainingSet } from '../train/sets.js';
import { flagOf } from '../train/settings.js';
import { strideOf, windowLengths } from '../tokenizer/truncate.js';
import { UsageError } from '../util/errors.js';
import { gigabytes } from '../util/wording.js';
import type { Prepared } from './prepare.js';
import type { MemoryForecast, TrainJob, UntimedForecast } from './train-options.js';

/**
 * Works the forecast out; `gradient` is the graph that the run will be made with. Throws nothing where memory is short: `requireMemory` does.
 */
export async function forecastOf(
  prepared: Prepared,
  job: TrainJob,
  gradient: GradientStep,
): Promise<{ forecast: UntimedForecast; requireMemory: () => void }> {
  const { model, settings, trainSet, counts } = prepared;
  const set = labelledSet(trainSet);
  const plan = planTraining(set, settings);
  const { memory, requireMemory } = await forecastMemory(settings, memoryModel(prepared, plan, gradient), job.memory); // prettier-ignore
  const microBatchesOf = (read: TrainingSet, steps: number): number =>
    steps * microBatchShapes(read, settings, steps).perUpdate;
  const forecast = {
    ...{
      model: model.hub?.id ?? model.folder,
      labels: model.labels,
      problem: prepared.problem,
      pairs: prepared.pairs,
      parameters: model.layout.size,
      report: model.report,
    },
    ...{
      texts: counts,
      settings,
      plan,
      microBatches: Math.round(
        microBatchesOf(set.short ?? set, plan.shortSteps) +
          microBatchesOf(set, plan.totalSteps - plan.shortSteps),
      ),
    },
    memory,
  };
  return { forecast, requireMemory };
}

/**
 * How much memory a run takes, and how much there is.
 *
 * @param memoryOf what it would take beside what the process has already, were it made with these sizes
 * @param given the most that it may take. @default what the system has
 */
export async function forecastMemory(
  settings: SizeSettings,
  memoryOf: (sizes: SizeSettings) => RunMemory,
  given?: number,
): Promise<{ memory: MemoryForecast; requireMemory: () => void }> {
  const present = process.memoryUsage.rss();
  const limit = given ?? present + (await availableMemory());
  const peakWith = (change: SizeSettings): number => present + totalOf(memoryOf(change));
  const parts = memoryOf(settings);
  const peak = present + totalOf(parts);
  return {
    memory: { peak, limit, parts },
    requireMemory: () => {
      if (peak > limit) throw tooLarge(settings, limit, peakWith);
    },
  };
}

/** The memory of a run of the prepared texts, were it made with other sizes. */
function memoryModel(
  prepared: Prepared,
  plan: TrainingPlan,
  gradient: GradientStep,
): (sizes: SizeSettings) => RunMemory {
  const { model, settings, trainSet, testTexts, validation } = prepared;
  const memory = runMemory(gradient, model.forward, model.layout, copiesOfWeights(settings));
  // A frozen encoder reads the training texts once, as an evaluation does.
  const fromFeatures = settings.freeze === 'all';
  const read = [...testTexts, ...validation.texts, ...(fromFeatures ? trainSet.texts : [])];
  return ({ batchSize, gradientAccumulationSteps, maxLength }) => {
    const lengthsAt = readAt(prepared, maxLength);
    const changed = { ...settings, batchSize, gradientAccumulationSteps };
    const evaluated = read.flatMap(lengthsAt);
    const evaluation: BatchShape[] = batchesByLength(evaluated, BATCH_TOKENS).map((places) =>
      shapeOf(evaluated, places),
    );
    const rows = trainSet.texts.map((text) => (fromFeatures ? text.map(() => 1) : lengthsAt(text)));
    const trained = lengthsOfSet(rows, trainSet.inWindows);
    return memory(microBatchShapes(trained, changed, plan.totalSteps).shapes, evaluation);
  };
}

/** The lengths of a text's windows, were it read at another length. */
function readAt(
  { contract, settings, model }: Prepared,
  maxLength: number,
): (text: TextWindows) => readonly number[] {
  const special = model.tokenizer.specialTokens;
  if (contract.truncation !== 'windows')
    return (text) => text.map(({ length }) => Math.min(length, maxLength));
  const room = Math.max(1, maxLength - special);
  const stride = strideOf({ maxLength, stride: settings.stride }, room);
  return (text) => {
    const shared = (text.length - 1) * contract.stride!;
    const tokens = tokensOf(text) - text.length * special - shared;
    return windowLengths(tokens, room, stride).map((length) => length + special);
  };
}

/** The error for a run that won't fit, with what would. */
function tooLarge(
  settings: SizeSettings,
  limit: number,
  peakWith: (change: SizeSettings) => number,
): UsageError {
  const found = changesThatFit(settings, (change) => peakWith(change) <= limit);
  const need = `this run needs ${gigabytes(peakWith(settings))} of memory, and ${gigabytes(limit)} are there`;
  if (found.length === 0) {
    const least = peakWith({ batchSize: 1, gradientAccumulationSteps: 1, maxLength: 1 });
    return new UsageError(
      `${need}. Neither smaller batches nor shorter texts would make it fit: even one word at a time takes ` +
        `${gigabytes(least)}, for the model and what AdamW keeps of it. A smaller --model would fit, or a larger machine.`,
    );
  }
  const proposals = found.map((change) => `${flagsOf(settings, change)} (${gigabytes(peakWith(change))})`);
  return new UsageError(`${need}. What would fit: ${proposals.join(', or ')}.`);
}

/** What differs, as it is written on the command line. */
function flagsOf(settings: SizeSettings, change: SizeSettings): string {
  return (['batchSize', 'gradientAccumulationSteps', 'maxLength'] as const)
    .filter((name) => change[name] !== settings[name])
    .map((name) => `${flagOf(name)} ${change[name]}`)
    .join(' ');
}
