/** `bertune export <run>` */
import { Command, Option } from 'commander';
import { EXPORT_FORMATS, type ExportFormat } from '../../api/export.js';
import { exportModel } from '../../index.js';
import { withDownloads } from '../download.js';
import { interruptible } from '../interrupt.js';
import { out, print, shown } from '../terminal.js';

interface Flags {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune export runs/reviews                              for transformers.js: pipeline('text-classification', folder)
  bertune export runs/reviews --format onnx --out model    model.onnx for any engine
`;

export function exportCommand(): Command {
  return new Command('export')
    .summary('write a trained model as ONNX')
    .description(
      'Writes a run, or any folder with a fine-tuned classifier, as ONNX with its config and tokenizer. Inputs are ' +
        'input_ids, attention_mask and token_type_ids, the output is logits.',
    )
    .argument(
      '<run>',
      'the folder of a run, or of a model that another tool saved, or the name of a model on the hub',
    )
    .addOption(
      new Option('--format <name>', 'transformers.js: the file in onnx/; onnx: model.onnx beside the config')
        .choices(EXPORT_FORMATS)
        .default('transformers.js'),
    )
    .option('--out <folder>', "where it is saved (default: the run's folder with -onnx behind its name)")
    .option('--force', 'replace an earlier export there')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, { json = false, ...options }: Flags) => {
      const result = await interruptible('Stopping.', (signal) =>
        withDownloads((onEvent) => exportModel(run, { ...options, signal, onEvent })),
      );
      if (json) {
        print(JSON.stringify(result, null, 2));
        return;
      }
      print(`Saved     ${shown(result.file)}  (${(result.bytes / 1e6).toFixed(1)} MB, fp32)`);
      if (options.format === 'transformers.js') {
        print(
          `Use it    ${out.cyan(`await pipeline('text-classification', ${JSON.stringify(result.folder)}, { dtype: 'fp32' })`)}`,
        );
      }
    });
}
