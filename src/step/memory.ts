/** How much memory running a graph takes: the most bytes of tensors that are alive at the same time. */
import type { Graph } from '../graph/graph.js';
import { elementCount } from '../graph/shape.js';
import type { Node, OpName, Value } from '../graph/types.js';
import { runOrder } from './run-order.js';

/** Sizes by their names, such as `{ B: 8, S: 256 }`. */
export type Sizes = Readonly<Record<string, number>>;

const BYTES = { float32: 4, int64: 8 } as const;

/** Blocks of ONNX Runtime's arena are multiples of this. */
const ALIGNMENT = 256;

/** Their output is their input, read with another shape. */
const VIEWS: ReadonlySet<OpName> = new Set(['Reshape'] as const);

/**
 * ONNX Runtime lets these write over an input that nobody reads later. An operator that is not named here counts as one
 * that makes a tensor of its own, which may be too much but is never too little.
 */
const IN_PLACE: ReadonlySet<OpName> = new Set([
  ...(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Exp', 'Sqrt', 'Erf', 'Tanh', 'Relu', 'Sign', 'Cast'] as const),
  ...(['Softmax', 'LogSoftmax', 'ScatterElements'] as const),
]);

/**
 * Bytes that a run takes at its peak beside its inputs and outputs, whose buffers are the caller's.
 *
 * The order of the nodes is worked out once; the function that comes back is for any sizes.
 */
export function peakBytes(graph: Graph): (sizes: Sizes) => number {
  const nodes = runOrder(graph);
  const readers = new Map<Value, number>();
  for (const input of nodes.flatMap((node) => node.inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  const callers = new Set<Value>([...graph.inputs, ...graph.outputs.values()]);
  return (sizes) => {
    const memory = new Memory(sizes, readers, callers);
    for (const node of nodes) memory.run(node);
    return memory.peak;
  };
}

/** Bytes of the graph's outputs, all together. */
export function outputBytes(graph: Graph, sizes: Sizes): number {
  return [...graph.outputs.values()].reduce((sum, value) => sum + bytesOf(value, sizes), 0);
}

function bytesOf({ shape, dtype }: Value, sizes: Sizes): number {
  return elementCount(shape, sizes) * BYTES[dtype];
}

/** A buffer of the arena, and how many reads are still to come of the values in it. */
interface Block {
  readonly bytes: number;
  reads: number;
}

class Memory {
  peak = 0;
  #now = 0;
  /** Where each value is that a node has made; those in the caller's buffers have no block. */
  readonly #blocks = new Map<Value, Block>();

  constructor(
    readonly sizes: Sizes,
    readonly readers: ReadonlyMap<Value, number>,
    readonly callers: ReadonlySet<Value>,
  ) {}

  run(node: Node): void {
    for (const output of node.outputs) this.#place(output, node);
    this.peak = Math.max(this.peak, this.#now);
    for (const input of node.inputs) this.#read(input);
    // What nobody reads, such as the mean of a normalisation in a forward pass, goes at once.
    for (const output of node.outputs) if (!this.readers.has(output)) this.#read(output);
  }

  #read(value: Value): void {
    const block = this.#blocks.get(value);
    if (block && --block.reads === 0) this.#now -= block.bytes;
  }

  #place(output: Value, node: Node): void {
    if (this.callers.has(output)) return;
    const reads = this.readers.get(output) ?? 1;
    const bytes = Math.ceil(bytesOf(output, this.sizes) / ALIGNMENT) * ALIGNMENT;
    const isView = VIEWS.has(node.op);
    const shared = isView ? this.#blocks.get(node.inputs[0]!) : this.#overwritten(node, bytes);
    if (shared) {
      shared.reads += reads;
      this.#blocks.set(output, shared);
    } else if (!isView) {
      this.#now += bytes;
      this.#blocks.set(output, { bytes, reads });
    }
  }

  /** The block of an input that the node may write over: of the same size, and read for the last time. */
  #overwritten(node: Node, bytes: number): Block | undefined {
    if (!IN_PLACE.has(node.op)) return undefined;
    return node.inputs
      .map((input) => this.#blocks.get(input))
      .find((block) => block?.reads === 1 && block.bytes === bytes);
  }
}
