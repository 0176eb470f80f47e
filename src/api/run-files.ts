/** What a run writes down of itself. */
import { resolve } from 'node:path';
import type { GoldenText } from '../checkpoint/contract.js';
import type { RunFiles } from '../checkpoint/save.js';
import { numbersOf, type AnyMetrics } from '../evaluate/measure.js';
import type { Baseline } from '../evaluate/simplest.js';
import { BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { trainerState } from '../train/trainer-state.js';
import { VERSION } from '../util/version.js';
import type { BagOfWordsScore } from './baseline.js';
import { dataName, hashesOf } from './data.js';
import { dataRecord } from './training-texts.js';
import { versionsOf } from './versions.js';
import type { Prepared } from './prepare.js';
import { evaluationEntry } from './validate.js';
import type { TrainJob, TrainResult } from './train-options.js';

/** The same run writes the same file. */
function withoutTime({ train_seconds: _, ...score }: BagOfWordsScore): Record<string, unknown> {
  return score;
}

/**
 * @param golden texts and their logits
 */
export async function runFiles(
  { model, contract, counts, pairs }: Prepared,
  result: Omit<TrainResult, 'folder'>,
  golden: readonly GoldenText[],
  job: TrainJob,
  runtimeName: string,
): Promise<Omit<RunFiles, 'others'>> {
  const { settings, metrics, intervals, bagOfWords, training, evaluationSeconds, baseline } = result;
  const { reliability, calibration, uncalibrated } = result;
  const evaluation = {
    ...evaluationEntry(metrics),
    eval_runtime: evaluationSeconds,
    eval_samples_per_second: counts.test / evaluationSeconds,
  };
  const position = { epoch: training.epoch, step: training.steps };
  const totals = {
    ...position,
    train_loss: training.meanLoss,
    train_runtime: training.seconds,
    train_samples_per_second: (counts.train * training.epoch) / training.seconds,
    train_steps_per_second: training.steps / training.seconds,
  };
  return {
    model,
    adapters: settings.loraMerge
      ? 'merged'
      : { base: job.model === undefined ? BUNDLED_MODEL_NAME : (model.hub?.id ?? resolve(job.model)) },
    contract: {
      ...contract,
      clean: settings.clean,
      calibration,
      textPair: pairs,
      golden,
    },
    record: {
      bertuneVersion: VERSION,
      versions: versionsOf(runtimeName),
      labels: model.labels,
      ...(bagOfWords && { bagOfWords: withoutTime(bagOfWords) }),
      baseModel: model.hub?.id ?? job.model ?? BUNDLED_MODEL_NAME,
      baseModelRevision: model.hub?.commit,
      data: {
        train: dataName(job.data),
        train_sha256: await hashesOf(job.data),
        train_examples: counts.train,
        test: job.test === undefined ? `a share of ${job.testSplit ?? 0.1} set aside` : dataName(job.test),
        test_sha256: job.test === undefined ? null : await hashesOf(job.test),
        test_examples: counts.test,
        leaks: counts.dropsLeaks ? 0 : counts.leaks,
        source: dataRecord(job),
        ...(counts.validation > 0 && {
          validation:
            job.validation === undefined
              ? `a share of ${job.validationSplit ?? 0.1} set aside`
              : dataName(job.validation),
          validation_examples: counts.validation,
        }),
      },
      settings: {
        ...settings,
        warmupSteps: settings.warmupSteps ?? null,
        dropout: settings.dropout ?? null,
        headTokens: settings.headTokens ?? null,
        stride: settings.stride ?? null,
        loraAlpha: settings.loraAlpha ?? null,
        threads: job.threads ?? null,
      },
    },
    trainerState: trainerState({
      epoch: training.epoch,
      globalStep: training.steps,
      maxSteps: training.steps,
      epochs: settings.epochs,
      loggingSteps: settings.loggingSteps,
      batchSize: settings.batchSize,
      tokensSeen: training.tokensSeen,
      evalSteps: settings.evalSteps || undefined,
      best: training.best,
      logHistory: [...training.logHistory, { ...evaluation, ...position }, totals],
    }),
    evalResults: {
      ...evaluation,
      ...numbersIn(metrics),
      eval_confidence_intervals: intervals,
      ...(reliability && {
        eval_expected_calibration_error: reliability.expected_calibration_error,
        eval_expected_calibration_error_equal_mass: reliability.expected_calibration_error_equal_mass,
        eval_brier_score: reliability.brier_score,
        eval_reliability: reliability.reliability,
      }),
      ...(calibration && { eval_temperature: calibration.temperature, eval_uncalibrated: uncalibrated }),
      ...baselineIn(baseline),
      ...(bagOfWords && { eval_bag_of_words: bagOfWords }),
      ...(metrics.confusion_matrix && { eval_confusion_matrix: metrics.confusion_matrix }),
      ...(metrics.per_class && { eval_per_class: metrics.per_class }),
      ...(metrics.per_label && { eval_per_label: metrics.per_label }),
      eval_problem_type: metrics.problem_type,
      eval_examples: metrics.examples,
      peak_memory_bytes: 1024 * process.resourceUsage().maxRSS,
      ...position,
    },
  };
}

/** All metrics that are one number. */
function numbersIn(metrics: AnyMetrics): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbersOf(metrics)).flatMap(([name, value]) =>
      value === null ? [] : [[`eval_${name}`, value]],
    ),
  );
}

/** What always giving the same answer reaches. */
function baselineIn(baseline: Baseline): Record<string, number> {
  return Object.fromEntries(
    Object.entries(baseline).flatMap(([name, value]) =>
      typeof value === 'number' ? [[`eval_baseline_${name}`, value]] : [],
    ),
  );
}
