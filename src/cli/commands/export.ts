/** `bertune export <run>` */
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_FORMATS, USUAL_MAX_DROP } from '../../api/export-options.js';
import {
  exportModel,
  type ExportCheck,
  type ModelDtype,
  type ExportFormat,
  type ExportOptions,
  type ExportResult,
  type UploadEvent,
} from '../../index.js';
import { CHECK_METRICS } from '../../util/check-metrics.js';
import { MODEL_DTYPES } from '../../util/dtypes.js';
import { uploadDisplay, withDownloads } from '../download.js';
import { addColumns, numeric, threadsOption } from '../flags.js';
import { interruptible } from '../interrupt.js';
import { progress, type Progress } from '../progress.js';
import { out, percent, plural, print, printJson, say, shown, table } from '../terminal.js';

/** What transformers.js calls them. */
const PIPELINE_DTYPES: Readonly<Record<ModelDtype, string>> = { fp32: 'fp32', fp16: 'fp16', int8: 'q8' };

interface Flags {
  readonly format: ExportFormat;
  readonly dtype: readonly ModelDtype[];
  readonly data?: string[];
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly check: boolean;
  readonly maxDrop: number;
  readonly probabilities?: boolean;
  readonly threads?: number;
  readonly out?: string;
  readonly push?: string;
  readonly private?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  bertune export runs/reviews                              for transformers.js: pipeline('text-classification', folder)
  bertune export runs/reviews --dtype int8                 a quarter of the size, checked on the run's test texts
  bertune export runs/reviews --dtype int8 --data new.csv  checked on these
  bertune export runs/reviews --format onnx --out model    model.onnx for any engine
  bertune export runs/reviews --format hf --dtype fp16     for Python: AutoModelForSequenceClassification
  bertune export runs/reviews --push your-name/reviews --private
  bertune export runs/reviews --format training-step       the graphs of the training, to be run anywhere
`;

export function exportCommand(): Command {
  const command = new Command('export')
    .summary('write a trained model for other engines')
    .description(
      'Writes a run, or any folder with a fine-tuned classifier, for other engines: as ONNX with its config and tokenizer ' +
        '(inputs input_ids, attention_mask and token_type_ids, output logits), as the files of Python, or as the graphs ' +
        'that training runs.',
    )
    .argument(
      '<run>',
      'the folder of a run, or of a model that another tool saved, or the name of a model on the hub',
    )
    .addOption(
      new Option(
        '--format <name>',
        'transformers.js: ONNX in onnx/; onnx: ONNX beside the config; hf: for Python; training-step: the graphs of training',
      )
        .choices(EXPORT_FORMATS)
        .default('transformers.js'),
    )
    .addOption(
      new Option(
        '--dtype <names>',
        `how weights are kept: ${MODEL_DTYPES.join(', ')}, or several with commas between them`,
      )
        .argParser(dtypesOf)
        .default(['fp32'], 'fp32'),
    )
    .option(
      '--data <data...>',
      "labelled texts that int8 is checked with (default: the run's own test texts)",
    );
  return addColumns(command)
    .addOption(
      new Option(
        '--max-drop <points>',
        'points of accuracy (of micro F1, of R2) that int8 may lose, else nothing is saved',
      )
        .argParser(numeric('--max-drop'))
        .default(USUAL_MAX_DROP),
    )
    .option('--no-check', 'write int8 without measuring it')
    .option('--probabilities', 'add the output probabilities (with --format onnx)')
    .addOption(threadsOption())
    .option(
      '--out <folder>',
      "where it is saved (default: the run's folder with -onnx, -hf or -training-step behind its name)",
    )
    .option('--push <org/name>', 'upload the folder to the hub, with the token of HF_TOKEN or of the login')
    .option('--private', 'only its owners see what is pushed')
    .option('--force', 'replace an earlier export there')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, { json = false, check, data, ...options }: Flags) => {
      const checked = check ? data && { data } : { data: false as const };
      const result = await exportWithProgress(run, { ...options, ...checked });
      if (json) printJson(result, 2);
      else printExport(result, options.format);
    });
}

function dtypesOf(text: string): ModelDtype[] {
  return text.split(',').map((word) => {
    const known = MODEL_DTYPES.find((each) => each === word.trim());
    if (known) return known;
    throw new InvalidArgumentError(
      `Expected ${MODEL_DTYPES.join(', ')}, or several with commas between them.`,
    );
  });
}

async function exportWithProgress(run: string, options: ExportOptions): Promise<ExportResult> {
  let bar: Progress | undefined;
  const upload = uploadDisplay();
  const onProgress = (done: number, total: number): void => {
    bar ??= progress('checking int8', total);
    bar.update(done, '');
  };
  const onUpload = (event: UploadEvent): void => {
    bar?.stop();
    upload.show(event);
  };
  try {
    return await interruptible('Stopping.', (signal) =>
      withDownloads((onEvent) => exportModel(run, { ...options, signal, onEvent, onProgress, onUpload })),
    );
  } finally {
    bar?.stop();
    upload.stop();
  }
}

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function printExport({ folder, files, check, note, pushed }: ExportResult, format: ExportFormat): void {
  for (const { file, bytes, dtype } of files) {
    const size = format === 'training-step' ? kilobytes(bytes) : `${megabytes(bytes)}, ${dtype}`;
    print(`Saved     ${shown(file)}  (${size})`);
  }
  if (check) printCheck(check);
  if (note !== undefined) say(`Note      ${shown(note)}.`);
  if (pushed) print(`Pushed    ${shown(pushed.url)}  (commit ${pushed.commit.slice(0, 7)})`);
  const call = useOf(format, folder, files.at(-1)!.dtype);
  if (call !== undefined) print(`Use it    ${out.cyan(call)}`);
}

function printCheck(check: ExportCheck): void {
  const { data, examples, fp32, int8, drop, problem_type, same_label = 0, mean_difference = 0 } = check;
  const { name: metric, show } = CHECK_METRICS[problem_type];
  const same = `the same label${problem_type === 'multi_label_classification' ? 's' : ''} for ${percent(same_label)}`;
  const agreement =
    problem_type === 'regression' ? `${mean_difference.toPrecision(2)} apart on average` : same;
  print(`Checked   on ${plural(examples, 'text')} of ${shown(data)}, ${agreement}`);
  print();
  const points = (-drop).toFixed(2);
  print(
    table(
      [
        ['', metric, 'size', 'texts/s'],
        ...Object.entries({ fp32, int8 }).map(([name, { score, bytes, texts_per_second }]) => [
          name,
          show(score),
          megabytes(bytes),
          texts_per_second.toFixed(1),
        ]),
        [
          '',
          `${points.startsWith('-') ? '' : '+'}${points} points`,
          `${(fp32.bytes / int8.bytes).toFixed(1)}x smaller`,
          `${(int8.texts_per_second / fp32.texts_per_second).toFixed(1)}x`,
        ],
      ],
      [1, 2, 3],
    ),
  );
  print();
}

/** A line that loads it. */
function useOf(format: ExportFormat, folder: string, dtype: ModelDtype): string | undefined {
  const quoted = JSON.stringify(folder);
  if (format === 'transformers.js')
    return `await pipeline('text-classification', ${quoted}, { dtype: '${PIPELINE_DTYPES[dtype]}' })`;
  if (format === 'hf') return `AutoModelForSequenceClassification.from_pretrained(${quoted})`;
  return undefined;
}
