/** Continued masked-language-model pre-training, from texts to a folder that `train` can start from. */
import { batchesByLength } from '../batching/order.js';
import type { LoadedMaskedLm } from '../checkpoint/load.js';
import { savePretrained } from '../checkpoint/save.js';
import { BATCH_TOKENS } from '../evaluate/logits.js';
import { BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { RunFolder } from '../files/run-folder.js';
import { float32, type Runtime, scalar, viewsOf } from '../runtime/runtime.js';
import { placesOf } from '../step/layout.js';
import { maskedLossStep } from '../step/masked.js';
import { runTraining } from '../train/loop.js';
import type { TrainingSet } from '../train/sets.js';
import type { RunSettings } from '../train/settings.js';
import { trainerState } from '../train/trainer-state.js';
import { checkThreads } from '../util/threads.js';
import { VERSION } from '../util/version.js';
import { plural } from '../util/wording.js';
import { type CheckpointedRun, Checkpoints, hashOfModel, spaceNeeded } from './checkpoints.js';
import { hashesOf, shortName } from './data.js';
import { keepingTraining, trainFrom } from './keeping.js';
import {
  PRETRAIN_DEFAULTS,
  PRETRAIN_SETTINGS,
  type PretrainOptions,
  type PretrainResult,
  pretrainSettings,
} from './pretrain-options.js';
import { loadTexts, type StartedPretraining, startPretraining } from './pretrain-start.js';
import type { PreparedTexts } from './pretrain-texts.js';
import { stopWhenAsked } from './train-options.js';
import { findUnfinished } from './unfinished.js';
import { versionsOf } from './versions.js';

/**
 * Trains an encoder further to guess masked tokens of texts without labels, before it is fine-tuned on the few that have
 * them ("further pre-training", Sun et al. 2019). Long texts are cut into windows, so that all of them is read.
 *
 * ```ts
 * const { folder, perplexityBefore, perplexity } = await pretrain({ files: ['reviews.csv'] });
 * console.log(perplexityBefore, perplexity); // 30522 64.1
 * await train({ data: 'labelled.csv', model: folder });
 * ```
 *
 * @throws `UsageError`, `DataError`, `ModelError`, `FileError` for what can be mended; `NumericError` when the loss stops
 *   being a number; `InterruptedError` after `signal`. The folder is then as it was before, but for checkpoints in it.
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const settings = pretrainSettings(options);
  checkThreads(options.threads);
  const { files = [], force = false, resume = false } = options;
  const out = options.out ?? `runs/${shortName(files[0] ?? [])}-pretrained`;
  const begun = resume ? await findUnfinished(out, 'pretrain') : undefined;
  const run = await RunFolder.create(out, { force, resume });
  try {
    const { model, local, prepared } = await loadTexts(options, settings);
    await run.requireSpace(spaceNeeded(model.layout, settings));
    const checkpoints = new Checkpoints(run, checkpointed(prepared, settings, model, options), begun);
    checkpoints.requireSame((message) => options.onEvent?.({ type: 'note', message }));
    const started = await startPretraining(model, prepared, settings, {
      ...options,
      threads: checkpoints.threads,
    });
    checkpoints.computedBy(started.runtime.name);
    const { training, ...perplexities } = await trainMasked(started, model, prepared, settings, {
      ...{ options, checkpoints },
    });
    const result = { folder: out, ...perplexities, training, settings };
    await savePretrained(run, await filesOf(result, model, prepared, local, started.runtime.name));
    await run.commit();
    options.onEvent?.({ type: 'saved', folder: out });
    return result;
  } finally {
    await run.discard();
  }
}

/** What must be the same when the run goes on. */
function checkpointed(
  { train, hashes }: PreparedTexts,
  settings: RunSettings,
  { layout, config, spec }: LoadedMaskedLm,
  options: PretrainOptions,
): CheckpointedRun {
  return {
    ...{ command: 'pretrain', options, settings, layout },
    texts: train.lengths.length,
    sha256: { ...hashes, config: hashOfModel([config, spec], layout) },
  };
}

async function trainMasked(
  { runtime, engine, forecast: { seconds } }: StartedPretraining,
  model: LoadedMaskedLm,
  { train, test }: PreparedTexts,
  settings: RunSettings,
  {
    options: { onEvent, signal },
    checkpoints,
  }: { readonly options: PretrainOptions; readonly checkpoints: Checkpoints },
): Promise<Pick<PretrainResult, 'training' | 'perplexityBefore' | 'perplexity'>> {
  try {
    const perplexityBefore = await perplexityOf(runtime, model, test, signal, 'before the first step');
    stopWhenAsked(signal, 'before the first step');
    onEvent?.({ type: 'estimate', seconds, perplexity: perplexityBefore });
    const training = await trainFrom(checkpoints, engine, (kept) =>
      runTraining(engine, train, settings, {
        ...kept,
        ...(signal && { signal }),
        onStep: (event) => onEvent?.({ type: 'step', ...event }),
      }),
    );
    return await keepingTraining(checkpoints, engine, training, async () => ({
      ...{ training, perplexityBefore },
      perplexity: await perplexityOf(
        runtime,
        model,
        test,
        signal,
        `after all ${plural(training.steps, 'step')}`,
      ),
    }));
  } finally {
    await engine.release();
  }
}

/** exp of the mean loss on the masked tokens of these texts, always the same ones. */
async function perplexityOf(
  runtime: Runtime,
  model: LoadedMaskedLm,
  set: TrainingSet,
  signal: AbortSignal | undefined,
  when: string,
): Promise<number> {
  const step = maskedLossStep(model.spec);
  const parameters = viewsOf(placesOf(model.layout, step.parameters), model.weights);
  const session = await runtime.load(step.onnx);
  const loss = new Float32Array(1);
  let total = 0;
  let tokens = 0;
  try {
    for (const places of batchesByLength(set.lengths, BATCH_TOKENS)) {
      stopWhenAsked(signal, when);
      const { inputs } = set.microBatch(places, 0);
      await session.run({ ...parameters, ...inputs, loss_scale: scalar(1) }, { loss: float32([], loss) });
      total += loss[0]!;
      tokens += set.weight(places, 0);
    }
  } finally {
    await session.release();
  }
  return Math.exp(total / Math.max(1, tokens));
}

async function filesOf(
  { perplexity, perplexityBefore, training, settings }: PretrainResult,
  model: LoadedMaskedLm,
  { texts, test }: PreparedTexts,
  { files = [], model: base, threads }: PretrainOptions,
  runtimeName: string,
): Promise<Parameters<typeof savePretrained>[1]> {
  const position = { epoch: training.epoch, step: training.steps };
  const evaluation = { perplexity, perplexity_before: perplexityBefore, eval_loss: Math.log(perplexity) };
  return {
    model,
    contract: {
      maxLength: settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength,
      ...{ truncation: 'head', clean: settings.clean, golden: [] },
    },
    record: {
      bertuneVersion: VERSION,
      versions: versionsOf(runtimeName),
      labels: [],
      baseModel: model.hub?.id ?? base ?? BUNDLED_MODEL_NAME,
      baseModelRevision: model.hub?.commit,
      data: {
        train: files.length === 0 ? 'texts in memory' : files.join(', '),
        train_sha256: await hashesOf(files),
        train_examples: texts,
        test_examples: test.lengths.length,
      },
      settings: {
        ...Object.fromEntries(PRETRAIN_SETTINGS.map((name) => [name, settings[name] ?? null])),
        threads: threads ?? null,
      },
    },
    trainerState: trainerState({
      ...{ epoch: training.epoch, globalStep: training.steps, maxSteps: training.steps },
      epochs: settings.epochs,
      ...{ loggingSteps: settings.loggingSteps, batchSize: settings.batchSize },
      tokensSeen: training.tokensSeen,
      logHistory: [...training.logHistory, { eval_loss: Math.log(perplexity), ...position }],
    }),
    evalResults: { ...evaluation, ...position },
  };
}
