/** Classifiers that were exported as ONNX: which file is meant, and what is said of it by its notes and its neighbours. */
import { parseClassifierFacts } from '../formats/config.js';
import { readOnnxFacts } from '../formats/onnx-read.js';
import type { ModelDtype } from '../util/dtypes.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import { RUN_MARK } from '../util/run-mark.js';
import { quote } from '../util/show.js';
import { parseContract, type RunContract } from './contract.js';
import { jsonIfThere, type ModelFiles } from './model-files.js';
import {
  CONFIG_FILE,
  makeTokenizer,
  readConfigJson,
  tokenizerSource,
  type ClassifierModel,
} from './read-model.js';

/** Tokens that are read of a text where neither config nor tokenizer says: BERT's. */
const USUAL_POSITIONS = 512;

/** Optimum's and transformers.js's names, with and without the folder; where nothing is asked for, the first that is there. */
const NAMES: Readonly<Record<ModelDtype, readonly string[]>> = {
  fp32: ['model.onnx'],
  int8: ['model_quantized.onnx', 'model_int8.onnx'],
  fp16: ['model_fp16.onnx'],
};

/** A model as ONNX, before an engine has seen it. */
export interface ExportedModel extends Omit<ClassifierModel, 'labels' | 'problemType'> {
  readonly onnx: Uint8Array;
  /** What the ONNX file is called in messages. */
  readonly file: string;
  /** `undefined` where nobody said. */
  readonly problemType: ProblemType | undefined;
  /** By class id; `undefined` where nobody named them. */
  readonly labels: readonly string[] | undefined;
}

/** The ONNX file of this kind that there is, or the first of any; `undefined` where there is none. */
export async function findExported(
  has: (file: string) => Promise<boolean>,
  dtype?: ModelDtype,
): Promise<string | undefined> {
  const names = dtype ? NAMES[dtype] : Object.values(NAMES).flat();
  for (const name of names) {
    for (const file of [`onnx/${name}`, name]) if (await has(file)) return file;
  }
  return undefined;
}

/** Where somebody asked for a kind of file that isn't there. */
export async function lacksExported(files: ModelFiles, dtype: ModelDtype): Promise<ModelError> {
  const there = await findExported(files.has);
  return new ModelError(
    `${files.name} has no ${dtype} model, which would be ${NAMES[dtype].map((name) => `onnx/${name}`).join(' or ')}` +
      `${there === undefined ? '' : `; there is ${there}`}. Make it: bertune export <run> --dtype ${dtype}`,
  );
}

/** Reads a classifier whose graph and weights are in the ONNX file `file`. */
export async function readExported(files: ModelFiles, file: string): Promise<ExportedModel> {
  const path = files.pathOf(file);
  const facts = parseClassifierFacts(await readConfigJson(files), files.pathOf(CONFIG_FILE));
  const source = await tokenizerSource(files, facts);
  const onnx = await files.bytes(file);
  const { metadata, externalFiles } = readOnnxFacts(onnx, path);
  if (externalFiles.size > 0) {
    // An engine would open whatever path the file names.
    throw new ModelError(
      `${path} keeps its weights in other files (${[...externalFiles].slice(0, 3).map(quote).join(', ')}), which are ` +
        `not opened. Write it as one file in Python: onnx.save(onnx.load("model.onnx"), "whole.onnx")`,
    );
  }
  const tokenizer = makeTokenizer(source, facts);
  const positions = Math.min(facts.positions, tokenizer.maxLength);
  return {
    folder: files.name,
    onnx,
    file: path,
    problemType: facts.problemType ?? problemTypeIn(metadata),
    labels: facts.id2label ?? labelsIn(metadata),
    tokenizer,
    positions: Number.isFinite(positions) ? positions : USUAL_POSITIONS,
    contract: contractOf(metadata, await jsonIfThere(files, RUN_MARK), path),
  };
}

function problemTypeIn(metadata: ReadonlyMap<string, string>): ProblemType | undefined {
  return PROBLEM_TYPES.find((known) => known === metadata.get('problem_type'));
}

/** The labels in the notes of a file that bertune wrote. */
function labelsIn(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  const labels = parsed(metadata.get('labels'));
  return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : undefined;
}

/** How texts are read: by the file's own notes, and by `bertune.json` beside it in what they leave open. */
function contractOf(
  metadata: ReadonlyMap<string, string>,
  beside: unknown,
  path: string,
): RunContract | undefined {
  const noted: Record<string, unknown> = Object.fromEntries(
    NOTES.flatMap((key) => {
      const value = metadata.get(key);
      return value === undefined ? [] : [[key, NUMBERS.includes(key) ? Number(value) : value]];
    }),
  );
  const run = isObject(beside) ? beside : {};
  if (noted['max_length'] === undefined && run['max_length'] === undefined) return undefined;
  if (metadata.has('text_pair')) noted['text_pair'] = metadata.get('text_pair') === 'true';
  // Golden logits are those of the run's own weights, which int8 is not.
  return parseContract(
    { format: 1, clean: 'none', ...calibrationIn(metadata, run), ...run, ...noted, golden: [] },
    path,
  );
}

/** Temperature and threshold: both from one place, as a threshold is for the probabilities of its temperature. */
function calibrationIn(
  metadata: ReadonlyMap<string, string>,
  run: Record<string, unknown>,
): Record<string, unknown> {
  const temperature = metadata.get('temperature');
  if (temperature === undefined || run['calibration'] !== undefined) return {};
  const threshold = metadata.get('threshold');
  return {
    calibration: { temperature: Number(temperature) },
    ...(threshold !== undefined && { threshold: parsed(threshold) }),
  };
}

const NOTES = ['max_length', 'truncation', 'head_tokens', 'stride', 'clean'] as const;
const NUMBERS: readonly string[] = ['max_length', 'head_tokens', 'stride'];

function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch {
    return undefined;
  }
}
