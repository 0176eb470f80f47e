/** What can be exported, and how. */
import type { UploadEvent } from '../hub/push.js';
import type { HubUse } from '../hub/use.js';
import { MODEL_DTYPES, type ModelDtype } from '../util/dtypes.js';
import { UsageError } from '../util/errors.js';
import type { ColumnNames, DataInput } from './data.js';

/**
 * `onnx`: model.onnx beside config and tokenizer, as Optimum has it; `transformers.js`: the same in a folder `onnx`; `hf`: the
 * files of Python's transformers; `training-step`: the graphs that training runs.
 */
export const EXPORT_FORMATS = ['onnx', 'transformers.js', 'hf', 'training-step'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What a format's folder is called where nobody says: the run's name and this. */
export const FOLDER_ENDINGS: Readonly<Record<ExportFormat, string>> = {
  onnx: '-onnx',
  'transformers.js': '-onnx',
  hf: '-hf',
  'training-step': '-training-step',
};

/** Percentage points of accuracy, or hundredths of micro F1 or R2, that int8 may lose. */
export const USUAL_MAX_DROP = 0.5;

export interface ExportOptions extends ColumnNames, Pick<HubUse, 'onEvent' | 'signal' | 'settings'> {
  readonly format: ExportFormat;
  /** How weights are kept; several write a file of each. @default 'fp32' */
  readonly dtype?: ModelDtype | readonly ModelDtype[];
  /** Adds the output `probabilities`, for engines that are given nothing else to do. @default false */
  readonly probabilities?: boolean;
  /** Labelled texts that int8 is checked with; `false` leaves it unchecked. @default the run's own test texts */
  readonly data?: DataInput | false;
  /** Percentage points of accuracy that int8 may lose; of several labels hundredths of micro F1, of numbers of R2. @default 0.5 */
  readonly maxDrop?: number;
  /** Threads of the check. @default the machine's cores */
  readonly threads?: number;
  /** @default the run's folder with the format's ending behind its name, such as `-onnx` */
  readonly out?: string;
  /** Replace an earlier export there. @default false */
  readonly force?: boolean;
  /** Uploads the folder to this repository of the hub, `<org>/<name>`. @default it stays here */
  readonly push?: string;
  /** For `push`: only its owners see it. @default false */
  readonly private?: boolean;
  /** Called as files arrive at the hub. */
  readonly onUpload?: (event: UploadEvent) => void;
  /** Called while int8 is checked. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What weights may be kept as. */
const DTYPES_OF: Readonly<Record<ExportFormat, readonly ModelDtype[]>> = {
  onnx: MODEL_DTYPES,
  'transformers.js': MODEL_DTYPES,
  hf: ['fp32', 'fp16'],
  'training-step': ['fp32'],
};

/** The kinds of file that are asked for; a `UsageError` for options that don't fit. */
export function dtypesOf({
  push,
  private: isPrivate,
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
  for (const each of dtypes) {
    one('--dtype', each, MODEL_DTYPES);
    if (!DTYPES_OF[format].includes(each))
      throw new UsageError(
        `--format ${format} is written as ${DTYPES_OF[format].join(' or ')}, not as ${each}.`,
      );
  }
  if (format === 'hf' && dtypes.length > 1)
    throw new UsageError(`--format hf is one file: --dtype ${dtypes[0]!} or ${dtypes[1]!}, not both.`);
  if (dtypes.length === 0)
    throw new UsageError(`--dtype is empty, expected one of ${MODEL_DTYPES.join(', ')}.`);
  if (!(maxDrop >= 0))
    throw new UsageError(`--max-drop ${maxDrop}: expected points of accuracy, such as 0.5.`);
  if (data !== undefined && data !== false && !dtypes.includes('int8'))
    throw new UsageError('--data is what int8 is checked with: it needs --dtype int8.');
  if (isPrivate === true && push === undefined)
    throw new UsageError('--private says who sees what is pushed: it needs --push <org>/<name>.');
  if (probabilities === true && format !== 'onnx') {
    throw new UsageError(
      `--probabilities needs --format onnx: ${format === 'training-step' ? 'a training has no use for them' : `${format === 'hf' ? 'transformers' : format} makes them of the logits itself`}.`,
    );
  }
  return dtypes;
}
