/** Whether an int8 file is as good as the model that it was made of: both on the same labelled texts, in turn. */
import { availableParallelism } from 'node:os';
import type { ExportCheck, MeasuredFile } from '../checkpoint/export-card.js';
import { onnxOf } from '../checkpoint/export.js';
import { textContractOf, type LoadedModel } from '../checkpoint/load.js';
import type { Example } from '../data/example.js';
import { encodeLabels } from '../data/labels.js';
import { encodeBlock, textsOfBlock } from '../encoding/encode.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { argmax } from '../evaluate/metrics.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Session } from '../runtime/runtime.js';
import type { InferenceModel } from '../step/inference.js';
import { writtenOf } from '../tokenizer/pair.js';
import { UsageError } from '../util/errors.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { testTexts } from './training-texts.js';
import type { HubUse } from '../hub/use.js';

/** Texts that are computed by one, then by the other: a machine that slows down slows both. */
const TURN = 64;

export interface HeldOut {
  readonly name: string;
  /** Cleaned as the model was trained. */
  readonly examples: readonly Example[];
}

/**
 * The texts that a model is checked with: those that are given, else the run's own test texts.
 *
 * @throws `UsageError` where there are none
 */
export async function heldOutTexts(
  run: string,
  { contract }: LoadedModel,
  data: DataInput | undefined,
  options: ColumnNames & HubUse,
): Promise<HeldOut> {
  if (data !== undefined) {
    const local = await withHubFiles(data, 'test', options);
    const reading = { clean: contract?.clean ?? 'none' } as const;
    return { name: dataName(data), examples: await readLabelled(local, columnsOf(options), reading) };
  }
  const found = await testTexts(run);
  if (!('missing' in found)) return found;
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

/** Accuracy and speed of both. */
export async function checkInt8(
  model: LoadedModel,
  int8: InferenceModel,
  { name, examples }: HeldOut,
  { threads = availableParallelism(), signal, onProgress }: CheckOptions,
): Promise<ExportCheck> {
  if (model.problemType !== 'single_label_classification') {
    throw new UsageError(
      `int8 is checked by accuracy, which is for classes, and this model is for ${model.problemType}: write it with ` +
        `--no-check, then see what bertune evaluate says of it.`,
    );
  }
  const labelIds = encodeLabels(examples, model.labels, name);
  const rules = { cleaning: 'none', contract: textContractOf(model) } as const;
  const encoded = await encodeBlock(model.tokenizer, rules, examples.map(writtenOf));
  const texts = textsOfBlock(encoded);
  const fp32 = onnxOf(model, { dtype: 'fp32' });
  const both = [
    { onnx: fp32, measured: newMeasure(fp32.onnx.length) },
    { onnx: int8, measured: newMeasure(int8.onnx.length) },
  ];
  const runtime = await nodeRuntime({ threads });
  const sessions: Session[] = [];
  let same = 0;
  try {
    for (const { onnx } of both) sessions.push(await runtime.load(onnx.onnx));
    const scorers = sessions.map((session): Scorer => ({
      ...{ session, parameters: {} },
      numLabels: model.labels.length,
      padId: model.tokenizer.padId,
    }));
    // The first run of a session sets it up.
    for (const scorer of scorers) await logitsOf(scorer, texts.slice(0, 1));
    for (let start = 0; start < texts.length; start += TURN) {
      const turn = texts.slice(start, start + TURN);
      const answers: number[][] = [];
      for (const [i, scorer] of scorers.entries()) {
        const began = performance.now();
        const logits = await logitsOf(scorer, turn, { ...(signal && { signal }) });
        const { measured } = both[i]!;
        measured.seconds += (performance.now() - began) / 1000;
        answers.push(logits.map((row) => argmax(row)));
        measured.right += answers[i]!.filter((label, text) => label === labelIds[start + text]).length;
      }
      same += answers[0]!.filter((label, text) => label === answers[1]![text]).length;
      onProgress?.(Math.min(start + TURN, texts.length), texts.length);
    }
  } finally {
    for (const session of sessions) await session.release();
  }
  const [a, b] = both.map(({ measured }) => measuredFile(measured, texts.length)) as [
    MeasuredFile,
    MeasuredFile,
  ];
  return {
    ...{ data: name, examples: texts.length, threads, fp32: a, int8: b },
    drop: 100 * (a.accuracy - b.accuracy),
    same_label: same / texts.length,
  };
}

interface Measure {
  readonly bytes: number;
  seconds: number;
  right: number;
}

const newMeasure = (bytes: number): Measure => ({ bytes, seconds: 0, right: 0 });

function measuredFile({ bytes, seconds, right }: Measure, texts: number): MeasuredFile {
  return { bytes, accuracy: right / texts, texts_per_second: texts / seconds };
}
