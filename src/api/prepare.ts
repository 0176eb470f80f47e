/** Data to ids, and the model that will read them. */
import { availableParallelism } from 'node:os';
import { loadForTraining, maxLengthFor, type LoadedModel } from '../checkpoint/load.js';
import type { Example } from '../data/example.js';
import { encodeLabels, labelsOf } from '../data/labels.js';
import { stratifiedSplit } from '../data/split.js';
import { encodeMany } from '../encoding/many.js';
import type { TrainingSet } from '../train/loop.js';
import type { ResolvedSettings, TrainSettings } from '../train/settings.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { BUNDLED_MODEL } from './bundled.js';
import { dataName, readLabelled } from './data.js';
import type { TextCounts, TrainJob } from './train-options.js';

/** Everything that training needs, in memory. */
export interface Prepared {
  /** The settings, with what was left to the model filled in. */
  readonly settings: ResolvedSettings;
  readonly model: LoadedModel;
  readonly trainSet: TrainingSet;
  readonly testTexts: readonly Int32Array[];
  readonly testLabelIds: Int32Array;
  readonly counts: TextCounts;
}

/** Data to ids, and the model that will read them. */
export async function prepare(job: TrainJob, given: TrainSettings): Promise<Prepared> {
  const { textColumn, labelColumn } = job;
  const all = await readLabelled(job.data, { textColumn, labelColumn }, given.clean);
  const name = dataName(job.data);
  const { train: trainExamples, test: testExamples } = await withTestTexts(all, job, given, name);
  const model = withDropout(
    await loadForTraining(job.model ?? BUNDLED_MODEL, labelsOf(trainExamples, name), {
      seed: given.seed,
    }),
    given.dropout,
  );
  const settings = { ...given, maxLength: maxLengthFor(model, given.maxLength) };
  const texts = [...trainExamples, ...testExamples].map(({ text }) => text);
  // They were cleaned when they were read.
  const { maxLength, truncation } = settings;
  const rules = { cleaning: 'none', contract: { maxLength, truncation } } as const;
  const encoded = await encodeMany(model.tokenizer, rules, texts, job.threads ?? availableParallelism());
  const encodings = encoded.slice(0, trainExamples.length);
  const cut = encodings.reduce((sum, encoding) => sum + encoding.cut, 0);
  const kept = encodings.reduce((sum, encoding) => sum + encoding.ids.length, 0);
  return {
    settings,
    model,
    trainSet: {
      texts: encodings.map(({ ids }) => ids),
      labelIds: encodeLabels(trainExamples, model.labels, name),
      origins: trainExamples.map(({ line, row }) => (line === undefined ? `example ${row}` : `line ${line}`)),
      padId: model.tokenizer.padId,
    },
    testTexts: encoded.slice(trainExamples.length).map(({ ids }) => ids),
    testLabelIds: encodeLabels(testExamples, model.labels, job.test ? dataName(job.test) : name),
    counts: {
      train: trainExamples.length,
      test: testExamples.length,
      cutTexts: encodings.filter((encoding) => encoding.cut > 0).length,
      cutTokens: cut / Math.max(1, cut + kept),
    },
  };
}

async function withTestTexts(
  all: Example[],
  job: TrainJob,
  { clean, seed }: TrainSettings,
  name: string,
): Promise<{ train: Example[]; test: Example[] }> {
  const { test, textColumn, labelColumn } = job;
  if (test !== undefined)
    return { train: all, test: await readLabelled(test, { textColumn, labelColumn }, clean) };
  const random = new RandomStream(seed, PURPOSE.split);
  const split = stratifiedSplit(encodeLabels(all, labelsOf(all, name), name), job.testSplit ?? 0.1, () =>
    random.uniform(),
  );
  return { train: split.train.map((i) => all[i]!), test: split.test.map((i) => all[i]!) };
}

/** The model with one rate for all of its dropout, which is then saved with it. */
function withDropout(model: LoadedModel, rate: number | undefined): LoadedModel {
  if (rate === undefined) return model;
  const rates = { hiddenDropoutProb: rate, attentionProbsDropoutProb: rate, classifierDropout: rate };
  return { ...model, config: { ...model.config, ...rates } };
}
