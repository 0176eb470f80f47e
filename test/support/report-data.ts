/** Reports of made-up runs: any number of classes and texts, the same every time. */
import { intervalsOf } from '../../src/evaluate/bootstrap.js';
import { argmax, majorityBaseline, metricsOf } from '../../src/evaluate/metrics.js';
import { reliabilityOf } from '../../src/evaluate/reliability.js';
import type { LogEntry, ReportData } from '../../src/report/data.js';
import type { Prediction } from '../../src/report/predictions.js';
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
        eval_loss: loss + 0.05,
        epoch: share,
        step,
      });
    }
  }
  return log;
}
