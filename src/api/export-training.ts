/** The graphs of a training, for whoever trains elsewhere: each as it is run here, and a description of what it is fed. */
import { saveClassifier } from '../checkpoint/export.js';
import type { LoadedModel } from '../checkpoint/load.js';
import { json } from '../checkpoint/save.js';
import type { RunFolder } from '../files/run-folder.js';
import { dropoutMaskName } from '../model/dropout.js';
import { ADAMW_DEFAULTS, buildAdamW, buildSumOfSquares } from '../optim/adamw.js';
import {
  gradientBeforeName,
  gradientName,
  gradientRowsName,
  hasGradient,
  type GradientStep,
} from '../step/gradient.js';
import { gradientStep, optimizerSteps } from '../step/steps.js';
import { headRateOf, ruleOfParameters } from '../train/rules.js';
import { forTexts, MANY_TEXTS } from '../train/recipes.js';
import { resolveSettings, SETTING_NAMES, type RunSettings } from '../train/settings.js';
import { isObject } from '../util/objects.js';
import { VERSION } from '../util/version.js';
import { dropoutRates } from './engine-options.js';
import { recordOf } from './training-texts.js';

/** The description of the graphs, beside them. */
export const TRAINING_STEP_FILE = 'training_step.json';

type Graph = GradientStep['graph'];
type Value = Graph['inputs'][number];

/** Files of the graphs. */
const FILES = {
  forward: 'forward.onnx',
  gradient: 'gradient.onnx',
  sum_of_squares: 'sum_of_squares.onnx',
  update: 'update.onnx',
} as const;

export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
}

/** Writes the graphs, their description, and the model that they begin with as Python's `transformers` has it. */
export async function saveTrainingStep(target: RunFolder, model: LoadedModel): Promise<WrittenFile[]> {
  const settings = await settingsOf(model.folder);
  const rules = ruleOfParameters(model.spec, { ...settings, headRate: headRateOf(model, settings) });
  const step = gradientStep(model.spec, dropoutRates(model.config), {
    loss: { labelSmoothing: settings.labelSmoothing },
    trains: (parameter) => rules(parameter) !== undefined,
  });
  const adamw = { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay };
  const optimizer = optimizerSteps(adamw);
  const graphs: readonly [keyof typeof FILES, Uint8Array][] = [
    ['forward', model.forward.onnx],
    ['gradient', step.onnx],
    ['sum_of_squares', optimizer.sumOfSquares],
    ['update', optimizer.adamw],
  ];
  await saveClassifier(target, model);
  for (const [name, onnx] of graphs) await target.write(FILES[name], onnx);
  const describe = (name: keyof typeof FILES, graph: Graph): Record<string, unknown> => ({
    file: FILES[name],
    inputs: graph.inputs.map(tensor),
    outputs: [...graph.outputs.values()].map(tensor),
  });
  const description = {
    format: 1,
    bertune_version: VERSION,
    labels: model.labels,
    opsets: { '': 17, 'com.microsoft': 1 },
    order: ORDER,
    graphs: {
      forward: describe('forward', model.forward.graph),
      gradient: describe('gradient', step.graph),
      sum_of_squares: describe('sum_of_squares', buildSumOfSquares()),
      update: describe('update', buildAdamW(adamw)),
    },
    parameters: model.layout.parameters.map((parameter) => {
      const { name, shape, start, end } = parameter;
      const rule = hasGradient(step, name) ? rules(parameter) : undefined;
      return {
        ...{ name, shape, start, end },
        ...namesOfGradient(step, name),
        ...(rule ? { decays: rule.decays, learning_rate_factor: rule.rate } : { frozen: true }),
      };
    }),
    dropout: step.dropoutSites.map(({ rate, shape }, site) => ({
      input: dropoutMaskName(site),
      rate,
      shape,
    })),
    optimizer: {
      ...{ name: 'AdamW', beta1: adamw.beta1, beta2: adamw.beta2, epsilon: adamw.epsilon },
      weight_decay: adamw.weightDecay,
      max_grad_norm: settings.maxGradNorm,
    },
    schedule: {
      name: settings.schedule,
      learning_rate: settings.learningRate,
      ...(settings.warmupSteps === undefined
        ? { warmup_ratio: settings.warmupRatio }
        : { warmup_steps: settings.warmupSteps }),
    },
    batch_size: settings.batchSize,
    pad_token_id: model.tokenizer.padId,
  };
  await target.write(TRAINING_STEP_FILE, json(description));
  const sizes = graphs.map(([name, onnx]) => ({ name: FILES[name], bytes: onnx.length }));
  return [{ name: TRAINING_STEP_FILE, bytes: json(description).length }, ...sizes];
}

/** What is done with the graphs, in words. */
const ORDER = [
  'Parameters are float32, by their names in model.safetensors. Moments `first` and `second` of each begin as zeros; t, the number of the update, with 1.',
  'Every update: set the gradient of each parameter to zeros, of its shape.',
  "For each micro-batch of it run `gradient`: input_ids, attention_mask, token_type_ids int64 [B, S]; labels; loss_scale = 1 / texts in the whole batch; every parameter by its name; `grad_before:<name>` = the gradient so far; for dropout a mask of 0 and 1 / (1 - rate) each, or ones for none. `loss` is this micro-batch's share; `grad:<name>` is the gradient from here on.",
  'A parameter with `gradient_rows` gets these rows too: row i belongs to the i-th id (in order) of the input `gradient_ids`, and is added to that row of its gradient.',
  'norm = the square root of the sum of `sum_of_squares` over all gradients (each as a matrix of any shape). clip = min(1, max_grad_norm / (norm + 1e-6)), or 1 where max_grad_norm is 0.',
  'Learning rate of update t: learning_rate times (t - 1) / warm-up steps during the warm-up; after it, linear: (T - t + 1) / (T - warm-up), cosine: (1 + cos(pi (t - 1 - warm-up) / (T - warm-up))) / 2, constant: 1. T is the number of updates. rate = that times learning_rate_factor.',
  "Run `update` over each parameter that isn't frozen, flat ([N], whole or in parts): c = sqrt(1 - beta2^t); gradient_to_first = clip (1 - beta1); gradient_to_second = clip^2 (1 - beta2); keep = 1 - rate weight_decay where it `decays`, else 1; epsilon = the optimizer's times c; rate = rate c / (1 - beta1^t).",
];

function tensor({ name, dtype, shape }: Value): Record<string, unknown> {
  return { name, dtype, shape };
}

/** The graph's names for what is known of a parameter's gradient. */
function namesOfGradient({ graph, lookups }: GradientStep, name: string): Record<string, string> {
  const lookup = lookups.find(({ parameter }) => parameter === name);
  return {
    ...(graph.outputs.has(gradientName(name)) && {
      gradient_before: gradientBeforeName(name),
      gradient: gradientName(name),
    }),
    ...(lookup && { gradient_rows: gradientRowsName(name), gradient_ids: lookup.ids }),
  };
}

/** The settings that a run was trained with, or the usual. */
async function settingsOf(folder: string): Promise<RunSettings> {
  const record = await recordOf(folder);
  const settings = isObject(record?.['settings']) ? record['settings'] : {};
  const known = Object.entries(settings).filter(
    ([name, value]) => value !== null && (SETTING_NAMES as readonly string[]).includes(name),
  );
  const given = resolveSettings(Object.fromEntries(known));
  return forTexts(given, MANY_TEXTS);
}
