/** Where each parameter lies in the one flat buffer, and how that buffer is cut for the optimizer. */
import { sizeOf, type ParameterSpec } from '../model/parameters.js';

export interface PlacedParameter extends ParameterSpec {
  /** Index of its first element in the buffer. */
  readonly start: number;
  readonly end: number;
}

/** A stretch of the buffer whose elements are updated alike. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** Whether weight decay applies: not to biases and not to layer normalisation. */
  readonly decays: boolean;
}

export interface Layout {
  readonly parameters: readonly PlacedParameter[];
  /** Elements in all. */
  readonly size: number;
  readonly chunks: readonly Chunk[];
}

/** 1 MiB of fp32: parameter, gradient and both moments of a chunk fit a processor's cache. */
const CHUNK_ELEMENTS = 256 * 1024;

/** Places the parameters one after another in the given order. */
export function layOut(specs: readonly ParameterSpec[], chunkElements = CHUNK_ELEMENTS): Layout {
  let size = 0;
  const parameters = specs.map((spec) => {
    const start = size;
    size += sizeOf(spec.shape);
    return { ...spec, start, end: size };
  });
  const chunks: Chunk[] = [];
  let start = 0;
  parameters.forEach(({ kind, end }, index) => {
    const decays = kind === 'weight';
    const next = parameters[index + 1];
    if (next && (next.kind === 'weight') === decays) return;
    for (; start < end; start += chunkElements) {
      chunks.push({ start, end: Math.min(end, start + chunkElements), decays });
    }
    start = end;
  });
  return { parameters, size, chunks };
}
