/** A trained model as ONNX files, int8 among them once it is found good. */
import { exportCard, type ExportCheck } from '../checkpoint/export-card.js';
import { onnxName, onnxOf, saveBesideOnnx } from '../checkpoint/export.js';
import { textContractOf, type LoadedModel } from '../checkpoint/load.js';
import type { RunFolder } from '../files/run-folder.js';
import { CHECK_METRICS } from '../util/check-metrics.js';
import type { ModelDtype } from '../util/dtypes.js';
import { ModelError, UsageError } from '../util/errors.js';
import { checkInt8, heldOutTexts } from './export-check.js';
import { USUAL_MAX_DROP, type ExportOptions } from './export-options.js';
import { plural } from '../util/wording.js';

export interface WrittenOnnx {
  readonly files: readonly { readonly name: string; readonly dtype: ModelDtype; readonly bytes: number }[];
  readonly check: ExportCheck | undefined;
}

/** Writes a file for each dtype, and what lies beside them. A `ModelError` where int8 loses more than `maxDrop`. */
export async function saveOnnx(
  target: RunFolder,
  model: LoadedModel,
  dtypes: readonly ModelDtype[],
  options: ExportOptions & { readonly run: string },
): Promise<WrittenOnnx> {
  const { data, probabilities } = options;
  if (probabilities === true && model.problemType === 'regression') {
    throw new UsageError(
      `--probabilities: ${options.run} predicts a number, which is the logit itself. Leave it out.`,
    );
  }
  const isForTransformers = options.format === 'transformers.js';
  const isChecked = dtypes.includes('int8') && data !== false;
  const texts = isChecked ? await heldOutTexts(options.run, model, data, options) : undefined;
  const files: WrittenOnnx['files'][number][] = [];
  let check: ExportCheck | undefined;
  for (const dtype of dtypes) {
    const made = onnxOf(model, { dtype, probabilities });
    if (dtype === 'int8' && texts) {
      check = await checkInt8(model, made, texts, options);
      refuseDrop(check, options.maxDrop ?? USUAL_MAX_DROP);
    }
    const name = onnxName(dtype, isForTransformers);
    await target.write(name, made.onnx);
    files.push({ name, dtype, bytes: made.onnx.length });
  }
  const names = files.map(({ name }) => name);
  await saveBesideOnnx(target, model, names);
  const { labels, contract } = model;
  const { maxLength, truncation } = textContractOf(model);
  await target.write(
    'README.md',
    exportCard({ labels, isForTransformers, files, check, maxLength, truncation, contract, probabilities }),
  );
  return { files, check };
}

function refuseDrop(check: ExportCheck, maxDrop: number): void {
  const { drop, fp32, int8, examples, data, problem_type } = check;
  // A share of so many texts is no exact number.
  if (drop <= maxDrop + 1e-9) return;
  const { name, show } = CHECK_METRICS[problem_type];
  throw new ModelError(
    `int8 loses ${drop.toFixed(2)} points of ${name} on ${plural(examples, 'text')} of ${data} (${show(fp32.score)} in fp32, ` +
      `${show(int8.score)} in int8), more than the ${maxDrop} of --max-drop: nothing was saved. ` +
      'Export it as fp32 or fp16, or allow more.',
  );
}
