/** From bertune's graph to an ONNX model: node by node, and the sizes that only a run knows. */
import { encodeOnnx, type OnnxInitializer, type OnnxNode, type OnnxTensorInfo } from '../formats/onnx.js';
import type { Graph } from '../graph/graph.js';
import { ops } from '../graph/ops/table.js';
import { dimFactors, type Dim, type Shape } from '../graph/shape.js';
import type { DType, Node, OpName, OpRule, Value } from '../graph/types.js';
import { InternalError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import { asFloat32, type OnnxFile, type Storage } from './storage.js';

/** Shape with start and end (15) and LayerNormalization (17) are the newest operators in use. */
const STANDARD = { domain: '', version: 17 };
const MICROSOFT = { domain: 'com.microsoft', version: 1 };

export interface OnnxOptions {
  /** Inputs that become part of the model, with their numbers. @default none */
  readonly parameters?: ReadonlyMap<string, Float32Array>;
  /** How these numbers are kept. @default as float32 */
  readonly storage?: Storage;
  /** Use only ONNX's own operators, and leave out inputs that nothing reads. @default false */
  readonly portable?: boolean;
  /** Notes in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX model that computes the graph's outputs from its inputs. Unused nodes are left out. */
export function toOnnx(graph: Graph, name: string, options: OnnxOptions = {}): Uint8Array {
  const { parameters = new Map<string, Float32Array>(), storage = asFloat32 } = options;
  const { portable = false, metadata } = options;
  const readsOf = (node: Node): readonly Value[] => storage.replace(node)?.reads ?? node.inputs;
  const nodes = neededNodes(graph, readsOf);
  const read = new Set(nodes.flatMap(readsOf));
  const inputs = graph.inputs.filter(
    (input) => !parameters.has(input.name) && (!portable || read.has(input)),
  );
  const writer = new Writer(inputs, portable);
  for (const input of graph.inputs) {
    const data = parameters.get(input.name);
    if (data && read.has(input)) storage.keep(input, data, writer);
  }
  for (const node of nodes) {
    const replacement = storage.replace(node);
    if (replacement) replacement.write(writer);
    else (ops[node.op] as OpRule<OpName>).onnx(node, writer);
  }
  const info = ({ name, dtype, shape }: Value): OnnxTensorInfo => ({ name, dtype, shape });
  return encodeOnnx(
    {
      name,
      opsets: portable ? [STANDARD] : [STANDARD, MICROSOFT],
      inputs: inputs.map(info),
      outputs: [...graph.outputs.values()].map(info),
      initializers: writer.initializers,
      nodes: writer.nodes,
      metadata,
    },
    VERSION,
  );
}

/** The nodes that an output depends on, in the order in which they can run. */
export function neededNodes(
  graph: Graph,
  readsOf: (node: Node) => readonly Value[] = (node) => node.inputs,
): Node[] {
  const needed = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of readsOf(node)) needed.add(input);
  }
  return nodes.reverse();
}

class Writer implements OnnxFile {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #dims = new Map<string, string>();
  #fresh = 0;
  readonly #sizes = new Map<string, { input: string; axis: number }>();

  constructor(
    inputs: readonly Value[],
    readonly portable: boolean,
  ) {
    for (const input of inputs) {
      input.shape.forEach((dim, axis) => {
        if (typeof dim === 'string' && !this.#sizes.has(dim))
          this.#sizes.set(dim, { input: input.name, axis });
      });
    }
  }

  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    domain = '',
  ): void {
    this.nodes.push({ type, domain, name: `${type}:${outputs[0]!}`, inputs, outputs, attributes });
  }

  initializer(initializer: OnnxInitializer): void {
    this.initializers.push(initializer);
  }

  fresh(hint: string): string {
    return `${hint}:${this.#fresh++}`;
  }

  constant(dtype: DType, shape: readonly number[], numbers: readonly number[]): string {
    const key = `${dtype}[${shape.join()}]=${numbers.join()}`;
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = `constant:${this.#constants.size}`;
      const data = dtype === 'float32' ? Float32Array.from(numbers) : BigInt64Array.from(numbers, BigInt);
      this.initializers.push({ name, dtype, shape, data });
      this.#constants.set(key, name);
    }
    return name;
  }

  dims(dims: Shape): string {
    if (dims.every((dim) => typeof dim === 'number')) return this.constant('int64', [dims.length], dims);
    const key = dims.join();
    let name = this.#dims.get(key);
    if (name === undefined) {
      const parts = dims.map((dim) => this.#dim(dim));
      name = parts.length === 1 ? parts[0]! : `dims:${key}`;
      if (parts.length > 1) this.node('Concat', parts, [name], { axis: { type: 'int', value: 0 } });
      this.#dims.set(key, name);
    }
    return name;
  }

  /** The name of an int64 vector with one element: this size. */
  #dim(dim: Dim): string {
    if (typeof dim === 'number') return this.constant('int64', [1], [dim]);
    const { factor, names } = dimFactors(dim);
    const parts = names.map((size) => this.#size(size));
    if (factor !== 1) parts.push(this.constant('int64', [1], [factor]));
    return parts.reduce((left, right) => {
      const name = `product:${left}*${right}`;
      if (!this.#dims.has(name)) {
        this.node('Mul', [left, right], [name]);
        this.#dims.set(name, name);
      }
      return name;
    });
  }

  #size(size: string): string {
    const name = `size:${size}`;
    if (this.#dims.has(name)) return name;
    const source = this.#sizes.get(size);
    if (!source) throw new InternalError(`no input of the graph has the size ${size}`);
    const attributes = {
      start: { type: 'int', value: source.axis },
      end: { type: 'int', value: source.axis + 1 },
    } as const;
    this.node('Shape', [source.input], [name], attributes);
    this.#dims.set(name, name);
    return name;
  }
}
