/** Whether an int8 file is as good as the model that it was made of: both on the same labelled texts, in turn. */
import { availableParallelism } from 'node:os';
import type { ExportCheck, MeasuredFile } from '../checkpoint/export-card.js';
import { onnxOf } from '../checkpoint/export.js';
import { textContractOf, type LoadedModel } from '../checkpoint/load.js';
import type { Example } from '../data/example.js';
import { encodeTargets } from '../data/problem.js';
import { encodeBlock, textsOfBlock } from '../encoding/encode.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { measure } from '../evaluate/measure.js';
import { argmax } from '../evaluate/metrics.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Session } from '../runtime/runtime.js';
import type { InferenceModel } from '../step/inference.js';
import { writtenOf } from '../tokenizer/pair.js';
import { CHECK_METRICS } from '../util/check-metrics.js';
import { DataError, UsageError } from '../util/errors.js';
import type { ProblemType } from '../util/problem.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { requireKind } from './kinds.js';
import { testTexts } from './training-texts.js';
import type { HubUse } from '../hub/use.js';

/** Texts that are computed by one, then by the other: a machine that slows down slows both. */
const TURN = 64;

export interface HeldOut {
  readonly name: string;
  /** Cleaned as the model was trained. */
  readonly examples: readonly Example[];
  /** Whether they are the run's own test texts. */
  readonly isOwn: boolean;
}

/**
 * The texts that a model is checked with: those that are given, else the run's own test texts.
 *
 * @throws `UsageError` where there are none
 */
export async function heldOutTexts(
  run: string,
  { contract, problemType }: LoadedModel,
  data: DataInput | undefined,
  options: ColumnNames & HubUse,
): Promise<HeldOut> {
  if (data !== undefined) {
    const local = await withHubFiles(data, 'test', options);
    const reading = { ...options, clean: contract?.clean ?? 'none', problemType } as const;
    const examples = await readLabelled(local, columnsOf(options), reading);
    return { name: dataName(data), examples, isOwn: false };
  }
  const found = await testTexts(run);
  if (!('missing' in found)) return { ...found, isOwn: true };
  throw new UsageError(
    `int8 is checked against fp32 on labelled texts, and ${found.missing}: pass --data <labelled texts>, ` +
      'or --no-check to write it unchecked.',
  );
}

export interface CheckOptions {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * How good and how fast both are.
 *
 * @throws `DataError` for texts that the model wasn't trained for, or for which its score has no meaning
 */
export async function checkInt8(
  model: LoadedModel,
  int8: InferenceModel,
  { name, examples, isOwn }: HeldOut,
  { threads = availableParallelism(), signal, onProgress }: CheckOptions,
): Promise<ExportCheck> {
  const { problemType, labels } = model;
  requireKind(model.contract, examples, name);
  const targets = encodeTargets(examples, problemType, labels, name);
  const rules = { cleaning: 'none', contract: textContractOf(model) } as const;
  const encoded = await encodeBlock(model.tokenizer, rules, examples.map(writtenOf));
  const texts = textsOfBlock(encoded);
  const fp32 = onnxOf(model, { dtype: 'fp32' });
  const both = [fp32, int8].map(({ onnx }) => ({ onnx, seconds: 0, logits: [] as Float32Array[] }));
  const runtime = await nodeRuntime({ threads });
  const sessions: Session[] = [];
  try {
    for (const { onnx } of both) sessions.push(await runtime.load(onnx));
    const scorers = sessions.map((session): Scorer => ({
      ...{ session, parameters: {} },
      numLabels: labels.length,
      padId: model.tokenizer.padId,
    }));
    // The first run of a session sets it up.
    for (const scorer of scorers) await logitsOf(scorer, texts.slice(0, 1));
    for (let start = 0; start < texts.length; start += TURN) {
      const turn = texts.slice(start, start + TURN);
      for (const [i, scorer] of scorers.entries()) {
        const began = performance.now();
        const logits = await logitsOf(scorer, turn, { ...(signal && { signal }) });
        both[i]!.seconds += (performance.now() - began) / 1000;
        both[i]!.logits.push(...logits);
      }
      onProgress?.(Math.min(start + TURN, texts.length), texts.length);
    }
  } finally {
    for (const session of sessions) await session.release();
  }
  const { field } = CHECK_METRICS[problemType];
  const [a, b] = both.map(({ onnx, seconds, logits }): MeasuredFile => {
    const score = measure(logits, targets, labels)[field];
    if (score === undefined || score === null) {
      throw new DataError(
        `${name}: all texts are labelled with the same number, so nothing can be said of int8. Give others (--data), or ` +
          '--no-check to write it unchecked.',
      );
    }
    return { bytes: onnx.length, score, texts_per_second: texts.length / seconds };
  }) as [MeasuredFile, MeasuredFile];
  return {
    ...{
      data: name,
      examples: texts.length,
      own_test_texts: isOwn,
      threads,
      problem_type: problemType,
      metric: field,
      fp32: a,
      int8: b,
    },
    drop: 100 * (a.score - b.score),
    ...agreementOf(problemType, both[0]!.logits, both[1]!.logits),
  };
}

/** How often both give the same answer; of numbers how far these are apart. */
function agreementOf(
  problemType: ProblemType,
  a: readonly Float32Array[],
  b: readonly Float32Array[],
): Pick<ExportCheck, 'same_label' | 'mean_difference'> {
  if (problemType === 'regression') {
    return { mean_difference: a.reduce((sum, row, i) => sum + Math.abs(row[0]! - b[i]![0]!), 0) / a.length };
  }
  const answer = (row: Float32Array): string =>
    problemType === 'multi_label_classification'
      ? row.map((logit) => Number(logit > 0)).join()
      : String(argmax(row));
  return { same_label: a.filter((row, i) => answer(row) === answer(b[i]!)).length / a.length };
}
