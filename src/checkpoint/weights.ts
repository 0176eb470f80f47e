/** The parameters of a model from its safetensors file, into one flat buffer. */
import { firstNotFinite, readTensorAsFloat32 } from '../formats/safetensors.js';
import { architectureOf } from '../model/architectures.js';
import { isHead } from '../model/depth.js';
import type { ParameterSpec } from '../model/parameters.js';
import { layOut, type Layout, type PlacedParameter } from '../step/layout.js';
import { ModelError } from '../util/errors.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { quote } from '../util/show.js';
import type { StoredTensor, WeightsFile } from './open-weights.js';

/** What became of each tensor. */
export interface LoadReport {
  /** Parameters that the file had. */
  readonly found: readonly string[];
  /** Parameters that were made new: the head's, or none. */
  readonly made: readonly string[];
  /** Tensors of the file that this model has no use for. */
  readonly unused: readonly string[];
}

export interface LoadedWeights {
  readonly layout: Layout;
  readonly weights: Float32Array;
  readonly report: LoadReport;
}

/**
 * What becomes of a parameter: `required` of the file, made new whatever the file has, made new or left out where the file
 * has none.
 */
export type Need = 'required' | 'new' | 'new if missing' | 'left out if missing';

export interface LoadWeightsOptions {
  readonly needOf: (name: string) => Need;
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  readonly seed: number;
}

/**
 * Reads the parameters of `specs`. What is made new is normal with standard deviation `initializerRange`, biases 0, the
 * weights of normalisations 1. Throws a `ModelError` that lists what is missing or of another shape.
 *
 * All reads are under way when the call returns, so that the system's threads work while the caller does other things.
 */
export async function loadWeights(
  weightsFile: WeightsFile,
  modelType: string,
  specs: readonly ParameterSpec[],
  options: LoadWeightsOptions,
): Promise<LoadedWeights> {
  const { path, tensors } = weightsFile;
  const { prefix } = architectureOf(modelType);
  const sources = new Map<string, Source>();
  for (const { name } of specs) {
    if (options.needOf(name) === 'new') continue;
    const source = aliases(name, prefix).find((alias) => tensors.has(alias));
    if (source !== undefined) sources.set(name, [source, tensors.get(source)!]);
  }
  refuseMissing(specs, sources, options.needOf, modelType, path);
  refuseMisshapen(specs, sources, path);

  // File order, so that a saved run differs from the original in nothing but the numbers; what is new comes last.
  const placeOf = ({ name }: ParameterSpec): [shard: number, start: number] => {
    const tensor = sources.get(name)?.[1];
    return tensor ? [tensor.shard, tensor.start] : [Infinity, 0];
  };
  const inOrder = (a: ParameterSpec, b: ParameterSpec): number => {
    const [[shardA, startA], [shardB, startB]] = [placeOf(a), placeOf(b)];
    return shardA === shardB ? startA - startB : shardA - shardB;
  };
  const wanted = specs.filter(
    ({ name }) => sources.has(name) || options.needOf(name) !== 'left out if missing',
  );
  const layout = layOut([...wanted].sort(inOrder));
  const weights = new Float32Array(layout.size);
  const valuesOf = ({ start, end }: PlacedParameter): Float32Array => weights.subarray(start, end);
  const [found, made] = partition(layout.parameters, ({ name }) => sources.has(name));
  const reading = found.map((parameter) => readParameter(sources.get(parameter.name)!, valuesOf(parameter)));
  const random = new RandomStream(options.seed, PURPOSE.head);
  for (const parameter of made) {
    makeNew(valuesOf(parameter), parameter, options.initializerRange, random);
  }
  const spoilt = (await Promise.all(reading)).filter((fault) => fault !== undefined);
  if (spoilt.length > 0) throw new ModelError(`${listed(spoilt)}; the checkpoint is spoiled.`);
  const used = new Set([...sources.values()].map(([name]) => name));
  return {
    layout,
    weights,
    report: {
      found: wanted.map(({ name }) => name).filter((name) => sources.has(name)),
      made: wanted.map(({ name }) => name).filter((name) => !sources.has(name)),
      unused: [...tensors.keys()].filter((name) => !used.has(name)),
    },
  };
}

/** A tensor of a file, by its name there. */
type Source = readonly [name: string, tensor: StoredTensor];

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

/**
 * The names that a parameter may have in a file: with the architecture's prefix or, in a base model, without it; and
 * `gamma` and `beta` of layer normalisations, as the first BERT checkpoints call them.
 */
function aliases(name: string, prefix: string): string[] {
  const names = name.startsWith(prefix) ? [name, name.slice(prefix.length)] : [name];
  const old = names.map((each) =>
    each.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  );
  return [...names, ...old];
}

function refuseMissing(
  specs: readonly ParameterSpec[],
  sources: ReadonlyMap<string, unknown>,
  needOf: LoadWeightsOptions['needOf'],
  modelType: string,
  path: string,
): void {
  const missing = specs
    .map(({ name }) => name)
    .filter((name) => !sources.has(name) && needOf(name) === 'required');
  if (missing.length === 0) return;
  if (missing.every((name) => isHead(name, modelType))) {
    throw new ModelError(
      `${path} has no classifier yet. Fine-tune it first: bertune train <data> --model <folder>`,
    );
  }
  throw new ModelError(
    `${path} lacks ${missing.length} of the model's ${specs.length} tensors: ${listed(missing)}. ` +
      `Only the classifier may be new; is this a checkpoint of the model that config.json describes?`,
  );
}

function refuseMisshapen(
  specs: readonly ParameterSpec[],
  sources: ReadonlyMap<string, Source>,
  path: string,
): void {
  const faults = specs.flatMap(({ name, shape }) => {
    const source = sources.get(name);
    if (!source || source[1].shape.join() === shape.join()) return [];
    return [`tensor ${quote(source[0])} is [${source[1].shape.join(', ')}], expected [${shape.join(', ')}]`];
  });
  if (faults.length > 0) throw new ModelError(`${path}: ${listed(faults)} by config.json.`);
}

/** As many as anybody reads, and how many more there are. */
function listed(items: readonly string[]): string {
  const rest = items.length - MOST_LISTED;
  return items.slice(0, MOST_LISTED).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

const MOST_LISTED = 20;

async function readParameter(
  [name, { dtype, start, end, file, path }]: Source,
  out: Float32Array,
): Promise<string | undefined> {
  const where = `${path}: tensor ${quote(name)}`;
  // A file of fp32, the usual, is read where it will stay; anything else is widened on the way.
  if (dtype === 'F32') await file.readInto(start, new Uint8Array(out.buffer, out.byteOffset, out.byteLength));
  else readTensorAsFloat32(await file.read(start, end), dtype, out, where);
  const bad = firstNotFinite(out);
  return bad === -1 ? undefined : `${where} has ${out[bad]!} at element ${bad}`;
}

function makeNew(
  out: Float32Array,
  { kind, init, shape }: PlacedParameter,
  deviation: number,
  random: RandomStream,
): void {
  if (init === 'zeros' || kind === 'bias') return;
  if (init === 'uniform') {
    // Kaiming's uniform with a = sqrt 5, as PyTorch makes a linear layer: within 1 / sqrt(in).
    const bound = 1 / Math.sqrt(shape.at(-1)!);
    for (let i = 0; i < out.length; i++) out[i] = bound * (2 * random.uniform() - 1);
  } else if (kind === 'norm') out.fill(1);
  else fillNormal(out, deviation, random);
}

function fillNormal(out: Float32Array, deviation: number, random: RandomStream): void {
  for (let i = 0; i < out.length; i++) out[i] = deviation * random.normal();
}

/** The parameters' names and shapes as a safetensors header takes them. */
export function tensorsToWrite(
  parameters: readonly PlacedParameter[],
  dtype: 'F32' | 'F16' = 'F32',
): { name: string; dtype: 'F32' | 'F16'; shape: readonly number[] }[] {
  return parameters.map(({ name, shape }) => ({ name, dtype, shape }));
}
