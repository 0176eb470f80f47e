/** Where each parameter lies in the one flat buffer, and how that buffer is cut for the optimizer. */
import { sizeOf, type ParameterSpec } from '../model/parameters.js';

export interface PlacedParameter extends ParameterSpec {
  /** Index of its first element in the buffer. */
  readonly start: number;
  readonly end: number;
}

/** How a parameter is updated. */
export interface UpdateRule {
  /** Whether weight decay applies: not to biases and not to layer normalisation. */
  readonly decays: boolean;
  /** Factor on the learning rate. */
  readonly rate: number;
}

/** A stretch of the buffer whose elements are updated alike. */
export interface Chunk extends UpdateRule {
  readonly start: number;
  readonly end: number;
}

export interface Layout {
  readonly parameters: readonly PlacedParameter[];
  /** Elements in all. */
  readonly size: number;
}

/** 1 MiB of fp32: parameter, gradient and both moments of a chunk fit a processor's cache. */
const CHUNK_ELEMENTS = 256 * 1024;

/** Places the parameters one after another in the given order. */
export function layOut(specs: readonly ParameterSpec[]): Layout {
  let size = 0;
  const parameters = specs.map((spec) => {
    const start = size;
    size += sizeOf(spec.shape);
    return { ...spec, start, end: size };
  });
  return { parameters, size };
}

/** The parameters of a layout that these specs name, such as those that a graph reads. */
export function placesOf({ parameters }: Layout, specs: readonly ParameterSpec[]): PlacedParameter[] {
  const names = new Set(specs.map(({ name }) => name));
  return parameters.filter(({ name }) => names.has(name));
}

/** The rule of a parameter when nothing else is said of it. */
export function usualRule({ kind }: ParameterSpec): UpdateRule {
  return { decays: kind === 'weight', rate: 1 };
}

/**
 * The stretches that an update works on: neighbours of one rule together, cut into chunks.
 *
 * @param ruleOf `undefined` for parameters that are not updated
 */
export function chunksOf(
  { parameters }: Layout,
  ruleOf: (parameter: ParameterSpec) => UpdateRule | undefined = usualRule,
  chunkElements = CHUNK_ELEMENTS,
): Chunk[] {
  const chunks: Chunk[] = [];
  const rules = parameters.map(ruleOf);
  for (let first = 0; first < parameters.length;) {
    const rule = rules[first];
    let last = first;
    while (last + 1 < parameters.length && sameRule(rules[last + 1], rule)) last++;
    const end = parameters[last]!.end;
    for (let start = parameters[first]!.start; rule && start < end; start += chunkElements) {
      chunks.push({ start, end: Math.min(end, start + chunkElements), ...rule });
    }
    first = last + 1;
  }
  return chunks;
}

function sameRule(a: UpdateRule | undefined, b: UpdateRule | undefined): boolean {
  return a?.decays === b?.decays && a?.rate === b?.rate;
}
