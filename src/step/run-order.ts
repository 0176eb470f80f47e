/** The order in which ONNX Runtime runs a graph's nodes, which decides what is in memory at the same time. */
import type { Graph } from '../graph/graph.js';
import type { Node } from '../graph/types.js';
import { neededNodes } from './to-onnx.js';

/**
 * ONNX Runtime doesn't keep a file's order. It starts at the nodes that nothing else reads, the last of the file first,
 * and runs before each what it needs, of several inputs again the last one first (`GraphViewer`, with
 * `Graph::ReverseDFSFrom`).
 */
export function runOrder(graph: Graph): Node[] {
  const nodes = neededNodes(graph);
  const place = new Map(nodes.map((node, index) => [node, index]));
  const makersOf = (node: Node): Node[] =>
    [...new Set(node.inputs.flatMap((input) => input.node ?? []))].sort(
      (a, b) => place.get(a)! - place.get(b)!,
    );
  const read = new Set(nodes.flatMap(makersOf));
  const order: Node[] = [];
  const met = new Set<Node>();
  // Each node is met twice: first to put what it needs on top of it, then to run it.
  const stack = nodes.filter((node) => !read.has(node)).map((node) => ({ node, ready: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, ready } = top;
    if (ready) order.push(node);
    if (ready || met.has(node)) continue;
    met.add(node);
    stack.push({ node, ready: true });
    for (const maker of makersOf(node)) if (!met.has(maker)) stack.push({ node: maker, ready: false });
  }
  return order;
}
