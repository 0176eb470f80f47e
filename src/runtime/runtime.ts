/** What bertune needs of an engine that runs ONNX graphs. */
import { EngineError, messageOf } from '../util/errors.js';

export interface FloatTensor {
  readonly dtype: 'float32';
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor on the CPU. Its data is read, or written, in place. */
export type Tensor =
  FloatTensor | { readonly dtype: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array };

export type Tensors = Readonly<Record<string, Tensor>>;

/** An input or output as a graph declares it. */
export interface Declared {
  readonly name: string;
  /** ONNX's name of the element type, such as `int64`. */
  readonly dtype: string;
  /** Numbers, or names of sizes that each run may choose. */
  readonly dims: readonly (number | string)[];
}

export interface Session {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  /**
   * Computes every output that `results` names into that tensor's own data. A result may share its memory with an
   * input, if within the graph everything that reads the old value comes before the write.
   */
  run(inputs: Tensors, results: Tensors): Promise<void>;
  release(): Promise<void>;
}

export interface RuntimeOptions {
  /** Threads for one operator; more than the machine has cores makes it slower. @default the machine's cores */
  readonly threads?: number;
}

export interface Runtime {
  /** The engine's name and version, such as `onnxruntime-node 1.30.0`. */
  readonly name: string;
  /** Makes an ONNX model ready to run. */
  load(onnx: Uint8Array): Promise<Session>;
}

/** What the engine throws where it can't go on, as an error that says so. */
export function engineError(thrown: unknown): EngineError {
  return new EngineError(`the engine failed: ${messageOf(thrown)}`, { cause: thrown });
}

export function float32(dims: readonly number[], data: Float32Array): FloatTensor {
  return { dtype: 'float32', dims, data };
}

export function int64(dims: readonly number[], data: BigInt64Array): Tensor {
  return { dtype: 'int64', dims, data };
}

export function scalar(value: number): Tensor {
  return float32([], Float32Array.of(value));
}

/** The names of what a batch can be fed as. */
export const BATCH_INPUTS: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];

/** A padded batch of B texts of S tokens, under the names that the graphs have for it; nothing is copied. */
export function batchInputs(batch: {
  readonly size: number; // B
  readonly length: number; // S
  readonly inputIds: BigInt64Array; // [B, S]
  readonly attentionMask: BigInt64Array; // [B, S]
  readonly tokenTypeIds: BigInt64Array; // [B, S]
}): Tensors {
  const dims = [batch.size, batch.length];
  return {
    input_ids: int64(dims, batch.inputIds),
    attention_mask: int64(dims, batch.attentionMask),
    token_type_ids: int64(dims, batch.tokenTypeIds),
  };
}

/** A tensor for each of the named parts of a flat buffer. Nothing is copied, so they follow the buffer. */
export function viewsOf(
  parts: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly start: number;
    readonly end: number;
  }[],
  buffer: Float32Array,
): Tensors {
  return Object.fromEntries(
    parts.map(({ name, shape, start, end }) => [name, float32(shape, buffer.subarray(start, end))]),
  );
}
