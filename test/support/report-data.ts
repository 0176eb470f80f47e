/** Reports of made-up runs: any number of classes and texts, the same every time. */
import { intervalsOf } from '../../src/evaluate/bootstrap.js';
import { argmax, majorityBaseline, metricsOf } from '../../src/evaluate/metrics.js';
import { reliabilityOf } from '../../src/evaluate/reliability.js';
import {
  measureIntervals,
  type MultiLabelIntervals,
  type RegressionIntervals,
} from '../../src/evaluate/measure.js';
import { multiLabelMetrics } from '../../src/evaluate/multi-label.js';
import { regressionMetrics } from '../../src/evaluate/regression.js';
import type { LabelSetReport, LogEntry, NumberReport, ReportData, RunData } from '../../src/report/data.js';
import type {
  LabelSetPrediction,
  NumberPrediction,
  Prediction,
  TestText,
} from '../../src/report/predictions.js';
import { PURPOSE, RandomStream } from '../../src/util/random.js';

export interface MadeUpRun {
  readonly labels?: readonly string[];
  readonly texts?: number;
  /** What every text that is shown says. */
  readonly text?: string;
  /** Beside evaluations on the way. */
  readonly steps?: number;
}

export function madeUpReport({
  labels = ['negative', 'positive'],
  texts = 600,
  text = 'A film that wants to be liked, and is.',
  steps = 120,
}: MadeUpRun = {}): ReportData {
  const random = new RandomStream(1, PURPOSE.bootstrap);
  const predictions = Array.from({ length: texts }, (_, i): Prediction => {
    const labelId = random.below(labels.length);
    const logits = labels.map((_, id) =>
      Math.fround(4 * (random.uniform() - 0.5) + (id === labelId ? 2 : 0)),
    );
    const predictedId = argmax(logits);
    const tokens = 20 + Math.floor(500 * random.uniform() ** 2);
    return {
      ...{ place: `line ${i + 2}`, labelId, predictedId, logits, tokens, cut: Math.max(0, tokens - 190) },
      ...(labelId !== predictedId && { text: `${text} (${i})`, shortened: i % 7 === 0 }),
    };
  });
  const logits = predictions.map((each) => each.logits);
  const truth = predictions.map(({ labelId }) => labelId);
  const temperature = 1.4;
  const { id, accuracy } = majorityBaseline(truth);
  return {
    ...madeUpRun(labels, steps, random),
    problemType: 'single_label_classification',
    scores: {
      ...metricsOf(logits, truth, labels),
      intervals: intervalsOf(logits, truth, { resamples: 200 }),
      baseline: { label: labels[id]!, accuracy },
      bagOfWords: { accuracy: 0.7, train_examples: 2000 },
    },
    predictions,
    calibration: {
      temperature,
      before: reliabilityOf(logits, truth, undefined),
      after: reliabilityOf(logits, truth, { calibration: { temperature } }),
    },
  };
}

/** A run for several labels: a label more in each text than in the one before, and some of them wrong. */
export function madeUpLabelSets({
  labels = ['drama', 'comedy', 'war', 'love'],
  texts = 300,
  text = 'A film that wants to be liked, and is.',
  steps = 120,
}: MadeUpRun = {}): LabelSetReport {
  const problemType = 'multi_label_classification';
  const random = new RandomStream(1, PURPOSE.bootstrap);
  const predictions = Array.from({ length: texts }, (_, i): LabelSetPrediction => {
    const labelIds = labels.flatMap((_, id) => ((i >> (id % 8)) % 2 === 1 ? [id] : []));
    const logits = labels.map((_, id) => 4 * (random.uniform() - 0.5) + (labelIds.includes(id) ? 1 : -1));
    return { ...madeUpText(i, random), labelIds, logits, text: `${text} (${i})` };
  });
  const logits = predictions.map((each) => each.logits);
  const labelSets = predictions.map(({ labelIds }) => labelIds);
  const targets = { problemType, labelSets } as const;
  return {
    ...{ ...madeUpRun(labels, steps, random), problemType, predictions },
    metrics: multiLabelMetrics(logits, labelSets, labels),
    intervals: measureIntervals(logits, targets, { resamples: 100 }) as MultiLabelIntervals,
    baseline: { label: labels[0]!, f1_micro: 0.4 },
    bagOfWords: { f1_micro: 0.99, train_examples: 2000 },
  };
}

/** A run for numbers from 1 to 5, off by up to 0.6. */
export function madeUpNumbers({
  texts = 600,
  text = 'A film that wants to be liked, and is.',
  steps = 120,
}: MadeUpRun = {}): NumberReport {
  const problemType = 'regression';
  const random = new RandomStream(1, PURPOSE.bootstrap);
  const predictions = Array.from({ length: texts }, (_, i): NumberPrediction => {
    const value = 1 + (i % 9) / 2;
    const predicted = value + 1.2 * (random.uniform() - 0.5);
    return { ...madeUpText(i, random), value, predicted, text: `${text} (${i})` };
  });
  const logits = predictions.map(({ predicted }) => [predicted]);
  const values = Float64Array.from(predictions, ({ value }) => value);
  return {
    ...{ ...madeUpRun(['LABEL_0'], steps, random), problemType, predictions },
    metrics: regressionMetrics(logits, values),
    intervals: measureIntervals(logits, { problemType, values }, { resamples: 100 }) as RegressionIntervals,
    baseline: { value: 3, mae: 1.1 },
    bagOfWords: { mae: 0.7, train_examples: 2000 },
  };
}

function madeUpText(i: number, random: RandomStream): TestText {
  const tokens = 20 + Math.floor(500 * random.uniform() ** 2);
  return { place: `line ${i + 2}`, tokens, cut: Math.max(0, tokens - 190) };
}

/** What a run of any kind has. */
function madeUpRun(labels: readonly string[], steps: number, random: RandomStream): RunData {
  return {
    name: 'made-up',
    testName: 'test.csv',
    facts: {
      baseModel: 'sentence-transformers/all-MiniLM-L6-v2',
      labels,
      maxLength: 192,
      truncation: 'head+tail',
      settings: { epochs: 1.5, batchSize: 16, learningRate: 0.0001, freeze: 'none', loraMerge: false },
      data: {
        train: 'train.csv',
        train_examples: 2000,
        train_sha256: 'ab'.repeat(32),
        leaks: 3,
        test: 'test.csv',
      },
      versions: { bertune: '0.1.0', node: 'v20.12.0', runtime: 'onnxruntime-node' },
    },
    log: madeUpLog(steps, random),
    costs: {
      trainSeconds: 187,
      evaluationSeconds: 8.25,
      peakMemory: 973e6,
      tokensSeen: 519167,
      textsPerSecond: 16.2,
    },
  };
}

function madeUpLog(steps: number, random: RandomStream): LogEntry[] {
  const log: LogEntry[] = [];
  for (let step = 2; step <= steps; step += 2) {
    const share = step / steps;
    const loss = 0.7 * Math.exp(-2 * share) + 0.08 * random.uniform();
    const rate = 1e-4 * (share < 0.1 ? share / 0.1 : 1 - (share - 0.1) / 0.9);
    log.push({ epoch: share, grad_norm: 1 + random.uniform(), learning_rate: rate, loss, step });
    if (step % 20 === 0) {
      const accuracy = 0.9 - 0.4 * Math.exp(-3 * share);
      log.push({
        eval_accuracy: accuracy,
        eval_f1: accuracy - 0.01,
        ...{ eval_f1_micro: accuracy, eval_f1_macro: accuracy - 0.05 },
        ...{ eval_pearson: accuracy, eval_spearman: accuracy - 0.02 },
        eval_loss: loss + 0.05,
        epoch: share,
        step,
      });
    }
  }
  return log;
}
