/** A trained model for other engines. */
import { join } from 'node:path';
import { loadForPrediction, type LoadedModel } from '../checkpoint/load.js';
import { saveForTransformers } from '../checkpoint/export.js';
import type { HubUse } from '../hub/use.js';
import { RunFolder } from '../files/run-folder.js';
import { UsageError } from '../util/errors.js';

/** `onnx`: model.onnx beside config and tokenizer, as Optimum has it; `transformers.js`: the same in a folder `onnx`. */
export const EXPORT_FORMATS = ['onnx', 'transformers.js'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions extends Pick<HubUse, 'onEvent' | 'signal'> {
  readonly format: ExportFormat;
  /** @default the run's folder with `-onnx` behind its name */
  readonly out?: string;
  /** Replace an earlier export there. @default false */
  readonly force?: boolean;
}

export interface ExportResult {
  readonly folder: string;
  /** The ONNX file in it. */
  readonly file: string;
  readonly bytes: number;
  readonly labels: readonly string[];
}

/**
 * Writes a model as ONNX: inputs `input_ids`, `attention_mask` and, where the model reads them, `token_type_ids`, int64
 * [B, S]; output `logits` [B, C]; ONNX's own operators (opset 17) alone, so that any engine can run it.
 *
 * ```ts
 * const { file } = await exportModel('runs/reviews', { format: 'transformers.js' });
 * console.log(file); // runs/reviews-onnx/onnx/model.onnx
 * ```
 *
 * @throws `ModelError`, `FileError` as `Classifier.load`; `UsageError` for an unknown format
 */
export async function exportModel(
  run: string,
  { format, out, force, ...hub }: ExportOptions,
): Promise<ExportResult> {
  if (!EXPORT_FORMATS.includes(format)) {
    throw new UsageError(
      `--format is ${JSON.stringify(format)}, expected one of ${EXPORT_FORMATS.join(', ')}.`,
    );
  }
  const folder = out ?? `${run.replace(/[/\\]+$/, '')}-onnx`;
  const target = await RunFolder.create(folder, { force: force ?? false });
  try {
    const model: LoadedModel = await loadForPrediction(run, hub);
    await target.requireSpace(4 * model.layout.size + 4e6);
    const name = format === 'onnx' ? 'model.onnx' : 'onnx/model.onnx';
    const bytes = await saveForTransformers(target, model, name);
    await target.commit();
    return { folder, file: join(folder, name), bytes, labels: model.labels };
  } finally {
    await target.discard();
  }
}
