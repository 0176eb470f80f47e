/** A model made ready to be computed: the graph that bertune builds for its weights, or the one that was exported. */
import type { ExportedModel } from '../checkpoint/exported.js';
import {
  problemTypeOf,
  refuseManyNumbers,
  unnamedLabels,
  type LoadedModel,
} from '../checkpoint/read-model.js';
import type { Scorer } from '../evaluate/logits.js';
import { BATCH_INPUTS, viewsOf, type Declared, type Runtime, type Session } from '../runtime/runtime.js';
import { ModelError, messageOf } from '../util/errors.js';
import type { ProblemType } from '../util/problem.js';
import { plural } from '../util/wording.js';

/** A model by its files: weights for a graph of bertune's own, or a graph with its weights. */
export type ReadModel = LoadedModel | ExportedModel;

export interface ReadyModel {
  readonly scorer: Scorer;
  readonly problemType: ProblemType;
  /** By class id. */
  readonly labels: readonly string[];
}

/** Throws a `ModelError` where a graph that somebody else made can't be used, with what it declares. */
export async function makeReady(model: ReadModel, runtime: Runtime): Promise<ReadyModel> {
  const { padId } = model.tokenizer;
  if ('forward' in model) {
    const session = await runtime.load(model.forward.onnx);
    const parameters = viewsOf(model.layout.parameters, model.weights);
    return {
      problemType: model.problemType,
      labels: model.labels,
      scorer: { session, parameters, padId, numLabels: model.labels.length },
    };
  }
  const session = await runtime.load(model.onnx).catch((cause: unknown) => {
    throw new ModelError(`${model.file} can't be computed by ${runtime.name}: ${firstLine(cause)}`, {
      cause,
    });
  });
  try {
    const labels = labelsOf(session, model);
    const problemType = problemTypeOf(model, labels.length);
    refuseManyNumbers(model.file, problemType, labels.length);
    return { problemType, labels, scorer: { session, parameters: {}, padId, numLabels: labels.length } };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** The engine's messages go on about where in its source they arose. */
const firstLine = (error: unknown): string => messageOf(error).split('\n')[0]!.slice(0, 300);

/** Checks what a graph reads and gives; the labels of what it gives. */
function labelsOf(session: Session, { file, labels }: ExportedModel): readonly string[] {
  const fail = (found: string, mend: string): never => {
    throw new ModelError(`${file} ${found}, expected ${mend}.`);
  };
  const names = session.inputs.map(({ name }) => name);
  const strange = session.inputs.find(({ name }) => !BATCH_INPUTS.includes(name));
  if (strange || !names.includes('input_ids')) {
    fail(`reads ${names.join(', ')}`, `input_ids, and perhaps attention_mask and token_type_ids`);
  }
  for (const input of session.inputs) {
    if (input.dtype !== 'int64') fail(`reads ${written(input)}`, 'int64: export it again, with int64 inputs');
    if (input.dims.length !== 2 || input.dims.some((dim) => typeof dim === 'number')) {
      fail(
        `reads ${written(input)}`,
        'any number of texts of any length: export it again, with dynamic axes',
      );
    }
  }
  const logits = session.outputs.find(({ name }) => name === 'logits');
  if (!logits) {
    const outputs = session.outputs.map(written).join(', ');
    return fail(
      `gives ${outputs}`,
      'logits: is it a classifier? Optimum exports one with --task text-classification',
    );
  }
  if (logits.dtype !== 'float32' || logits.dims.length !== 2) {
    fail(
      `gives ${written(logits)}`,
      'logits as float32 [texts, labels]: export it again, with float32 outputs',
    );
  }
  const count = logits.dims[1];
  if (typeof count === 'number' && labels && labels.length !== count) {
    fail(
      `gives ${plural(count, 'logit')}`,
      `${labels.length}, as config.json names ${plural(labels.length, 'label')}`,
    );
  }
  if (labels) return labels;
  return typeof count === 'number'
    ? unnamedLabels(count)
    : fail('gives any number of logits', 'the labels in config.json (id2label)');
}

/** `logits float32 [batch, 2]` */
const written = ({ name, dtype, dims }: Declared): string => `${name} ${dtype} [${dims.join(', ')}]`;
