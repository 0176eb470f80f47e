/** A trained model for other engines. */
import { join } from 'node:path';
import { elsewhere } from '../checkpoint/contract.js';
import { exportCard, type ExportCheck } from '../checkpoint/export-card.js';
import { onnxName, onnxOf, saveBesideOnnx } from '../checkpoint/export.js';
import { loadForPrediction, textContractOf, type LoadedModel } from '../checkpoint/load.js';
import type { HubUse } from '../hub/use.js';
import { RunFolder } from '../files/run-folder.js';
import { MODEL_DTYPES, type ModelDtype } from '../util/dtypes.js';
import { ModelError, UsageError } from '../util/errors.js';
import type { ColumnNames, DataInput } from './data.js';
import { checkInt8, heldOutTexts } from './export-check.js';

/** `onnx`: model.onnx beside config and tokenizer, as Optimum has it; `transformers.js`: the same in a folder `onnx`. */
export const EXPORT_FORMATS = ['onnx', 'transformers.js'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Percentage points of accuracy that int8 may lose. */
export const USUAL_MAX_DROP = 0.5;

export interface ExportOptions extends ColumnNames, Pick<HubUse, 'onEvent' | 'signal'> {
  readonly format: ExportFormat;
  /** How weights are kept; several write a file of each. @default 'fp32' */
  readonly dtype?: ModelDtype | readonly ModelDtype[];
  /** Adds the output `probabilities`, for engines that are given nothing else to do. @default false */
  readonly probabilities?: boolean;
  /** Labelled texts that int8 is checked with; `false` leaves it unchecked. @default the run's own test texts */
  readonly data?: DataInput | false;
  /** Percentage points of accuracy that int8 may lose. @default 0.5 */
  readonly maxDrop?: number;
  /** Threads of the check. @default the machine's cores */
  readonly threads?: number;
  /** @default the run's folder with `-onnx` behind its name */
  readonly out?: string;
  /** Replace an earlier export there. @default false */
  readonly force?: boolean;
  /** Called while int8 is checked. */
  readonly onProgress?: (done: number, total: number) => void;
}

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
  /** What other libraries will do with long texts that the model's own reading doesn't; absent where it is the same. */
  readonly note?: string;
}

/**
 * Writes a model as ONNX: inputs `input_ids`, `attention_mask` and, where the model reads them, `token_type_ids`, int64
 * [B, S]; output `logits` [B, C]; ONNX's own operators (opset 17) alone, so that any engine can run it. An int8 file is
 * measured beside fp32, and nothing is written where it loses more than `maxDrop` points of accuracy.
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
  const dtypes = checkOptions(options);
  const { format, out, force, data, maxDrop = USUAL_MAX_DROP, probabilities, onEvent, signal } = options;
  const isForTransformers = format === 'transformers.js';
  const folder = out ?? `${run.replace(/[/\\]+$/, '')}-onnx`;
  const target = await RunFolder.create(folder, { force: force ?? false });
  try {
    const model: LoadedModel = await loadForPrediction(run, { onEvent, signal });
    await target.requireSpace(dtypes.length * 4 * model.layout.size + 4e6);
    const isChecked = dtypes.includes('int8') && data !== false;
    const texts = isChecked ? await heldOutTexts(run, model, data, options) : undefined;
    const files: (ExportedFile & { readonly name: string })[] = [];
    let check: ExportCheck | undefined;
    for (const dtype of dtypes) {
      const made = onnxOf(model, { dtype, probabilities });
      if (dtype === 'int8' && texts) {
        check = await checkInt8(model, made, texts, options);
        refuseDrop(check, maxDrop);
      }
      const name = onnxName(dtype, isForTransformers);
      await target.write(name, made.onnx);
      files.push({ name, file: join(folder, name), dtype, bytes: made.onnx.length });
    }
    await saveBesideOnnx(target, model, files.map(({ name }) => name)); // prettier-ignore
    const { labels } = model;
    await target.write(
      'README.md',
      exportCard({ labels, isForTransformers, files, check, ...textContractOf(model) }),
    );
    await target.commit();
    const note = elsewhere(textContractOf(model));
    return {
      folder,
      files: files.map(({ file, dtype, bytes }) => ({ file, dtype, bytes })),
      labels,
      ...(check && { check }),
      ...(note !== undefined && { note }),
    };
  } finally {
    await target.discard();
  }
}

function checkOptions({
  format,
  dtype = 'fp32',
  maxDrop = 0,
  probabilities,
  data,
}: ExportOptions): ModelDtype[] {
  const dtypes = typeof dtype === 'string' ? [dtype] : [...new Set(dtype)];
  const one = <T extends string>(flag: string, value: T, all: readonly T[]): void => {
    if (!all.includes(value))
      throw new UsageError(`${flag} is ${JSON.stringify(value)}, expected one of ${all.join(', ')}.`);
  };
  one('--format', format, EXPORT_FORMATS);
  for (const each of dtypes) one('--dtype', each, MODEL_DTYPES);
  if (dtypes.length === 0)
    throw new UsageError(`--dtype is empty, expected one of ${MODEL_DTYPES.join(', ')}.`);
  if (!(maxDrop >= 0))
    throw new UsageError(`--max-drop ${maxDrop}: expected points of accuracy, such as 0.5.`);
  if (data !== undefined && data !== false && !dtypes.includes('int8'))
    throw new UsageError('--data is what int8 is checked with: it needs --dtype int8.');
  if (probabilities === true && format === 'transformers.js') {
    throw new UsageError(
      '--probabilities needs --format onnx: transformers.js makes them of the logits itself.',
    );
  }
  return dtypes;
}

function refuseDrop({ drop, fp32, int8, examples, data }: ExportCheck, maxDrop: number): void {
  // A share of so many texts is no exact number.
  if (drop <= maxDrop + 1e-9) return;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  throw new ModelError(
    `int8 loses ${drop.toFixed(2)} points of accuracy on ${examples} texts of ${data} (${percent(fp32.accuracy)} in fp32, ` +
      `${percent(int8.accuracy)} in int8), more than the ${maxDrop} of --max-drop: nothing was saved. ` +
      'Export it as fp32 or fp16, or allow more.',
  );
}
