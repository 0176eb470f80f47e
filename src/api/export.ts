/** A trained model for other engines. */
import { join } from 'node:path';
import { answersElsewhere, elsewhere } from '../checkpoint/contract.js';
import type { ExportCheck } from '../checkpoint/export-card.js';
import { saveClassifier } from '../checkpoint/export.js';
import { loadForPrediction, textContractOf, type LoadedModel } from '../checkpoint/load.js';
import { WEIGHTS_FILE } from '../checkpoint/open-weights.js';
import { checkPush, pushFolder, type Pushed } from '../hub/push.js';
import { RunFolder } from '../files/run-folder.js';
import type { ModelDtype } from '../util/dtypes.js';
import { HubError, InterruptedError } from '../util/errors.js';
import { saveOnnx } from './export-onnx.js';
import { dtypesOf, FOLDER_ENDINGS, type ExportOptions } from './export-options.js';
import { saveTrainingStep } from './export-training.js';

export interface ExportedFile {
  /** Its path. */
  readonly file: string;
  readonly dtype: ModelDtype;
  readonly bytes: number;
}

export interface ExportResult {
  readonly folder: string;
  readonly files: readonly ExportedFile[];
  readonly labels: readonly string[];
  /** int8 beside fp32, where it was checked. */
  readonly check?: ExportCheck;
  /** What other libraries do otherwise: with long texts, temperature and threshold; absent where it is the same. */
  readonly note?: string;
  /** Where it is on the hub, where it was pushed. */
  readonly pushed?: Pushed;
}

/**
 * Writes a model for other engines.
 *
 * ONNX: inputs `input_ids`, `attention_mask` and, where the model reads them, `token_type_ids`, int64 [B, S]; output `logits`
 * [B, C]; ONNX's own operators (opset 17) alone, so that any engine can run it. An int8 file is measured beside fp32, and
 * nothing is written where it loses more than `maxDrop` points of accuracy.
 *
 * ```ts
 * const { files, check } = await exportModel('runs/reviews', { format: 'transformers.js', dtype: 'int8' });
 * console.log(files[0].file, check.drop); // runs/reviews-onnx/onnx/model_quantized.onnx 0.1
 * ```
 *
 * @throws `ModelError`, `FileError` as `Classifier.load`, a `ModelError` where int8 loses too much; `UsageError` for options
 * that don't fit
 */
export async function exportModel(run: string, options: ExportOptions): Promise<ExportResult> {
  const dtypes = dtypesOf(options);
  const { format, out, force, push, onEvent, signal, settings } = options;
  if (push !== undefined) await checkPush(push, settings);
  const folder = out ?? `${run.replace(/[/\\]+$/, '')}${FOLDER_ENDINGS[format]}`;
  const target = await RunFolder.create(folder, { force: force ?? false });
  try {
    const model: LoadedModel = await loadForPrediction(run, { onEvent, signal, settings });
    await target.requireSpace(dtypes.length * 4 * model.layout.size + 4e6);
    const { files, check } = await save(target, model, dtypes, { ...options, run });
    await target.commit();
    const pushed = push === undefined ? undefined : await uploaded(folder, push, options);
    const notes = [elsewhere(textContractOf(model)), answersElsewhere(model.contract)];
    const note = notes.filter((each) => each !== undefined).join('. ');
    return {
      folder,
      files: files.map(({ name, dtype, bytes }) => ({ file: join(folder, name), dtype, bytes })),
      labels: model.labels,
      ...(check && { check }),
      ...(note !== '' && { note }),
      ...(pushed && { pushed }),
    };
  } finally {
    await target.discard();
  }
}

/** A failure says where the export is all the same. */
async function uploaded(folder: string, push: string, options: ExportOptions): Promise<Pushed> {
  const { private: isPrivate, onUpload, signal, settings } = options;
  try {
    return await pushFolder(folder, push, { isPrivate, onUpload, signal, settings });
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof HubError)) throw error;
    throw new HubError(`${error.message} The export itself is saved in ${folder}.`, { cause: error });
  }
}

interface Saved {
  readonly files: readonly { readonly name: string; readonly dtype: ModelDtype; readonly bytes: number }[];
  readonly check?: ExportCheck | undefined;
}

async function save(
  target: RunFolder,
  model: LoadedModel,
  dtypes: readonly ModelDtype[],
  options: ExportOptions & { readonly run: string },
): Promise<Saved> {
  const { format } = options;
  if (format === 'training-step') {
    const files = await saveTrainingStep(target, model);
    return { files: files.map((file) => ({ ...file, dtype: 'fp32' })) };
  }
  if (format === 'hf') {
    const dtype = dtypes[0] === 'fp16' ? 'fp16' : 'fp32';
    return { files: [{ name: WEIGHTS_FILE, dtype, bytes: await saveClassifier(target, model, dtype) }] };
  }
  return saveOnnx(target, model, dtypes, options);
}
