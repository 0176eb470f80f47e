/**
 * Computes a graph in float64, node by node in plain loops: slow, short, and independent of ONNX Runtime and of how
 * the graph is written as ONNX.
 */
import type { Graph } from '../../src/graph/graph.js';
import type { OpName, Value } from '../../src/graph/types.js';
import { references } from './ops/table.js';
import type { Reference } from './ops/rule.js';
import { resolve, type Tensor64 } from './tensor.js';

/** Tensors for a graph's inputs, by name. */
export type Feeds = Readonly<Record<string, Tensor64>>;

/** Every value of the graph. */
export function evaluate(graph: Graph, feeds: Feeds): Map<Value, Tensor64> {
  const values = new Map<Value, Tensor64>();
  const sizes = sizesOf(graph, feeds);
  for (const input of graph.inputs) values.set(input, feeds[input.name]!);
  for (const node of graph.nodes) {
    const reference = references[node.op] as Reference<OpName>;
    const inputs = node.inputs.map((input) => values.get(input)!);
    reference(inputs, node.attributes, sizes).forEach((output, index) => {
      values.set(node.outputs[index]!, output);
    });
  }
  return values;
}

/** Named sizes as the feeds' shapes have them; throws when a feed doesn't fit what the graph declares. */
export function sizesOf(graph: Graph, feeds: Feeds): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, dtype, shape } of graph.inputs) {
    const feed = feeds[name];
    if (feed?.dtype !== dtype) throw new Error(`no ${dtype} feed for ${name}`);
    shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !dim.includes('*')) sizes.set(dim, feed.shape[axis]!);
    });
  }
  for (const { name, shape } of graph.inputs) {
    const [declared, actual] = [resolve(shape, sizes).join(), feeds[name]!.shape.join()];
    if (declared !== actual) throw new Error(`${name} is declared [${declared}], fed [${actual}]`);
  }
  return sizes;
}
