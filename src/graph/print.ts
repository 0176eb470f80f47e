import type { Graph } from './graph.js';
import type { Value } from './types.js';

function printType(value: Value): string {
  return `${value.dtype}[${value.shape.join(', ')}]`;
}

function printAttributes(attributes: object): string {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return '';
  return ` {${entries.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')}}`;
}

/**
 * A graph as text: a line for each input and node, with shapes.
 *
 * ```
 * in  x: float32[B, 4]
 * y: float32[B, 4] = Mul(x, x)
 * out y
 * ```
 */
export function printGraph(graph: Graph): string {
  const lines = graph.inputs.map((input) => `in  ${input.name}: ${printType(input)}`);
  for (const node of graph.nodes) {
    const results = node.outputs.map((output) => `${output.name}: ${printType(output)}`).join(', ');
    const inputs = node.inputs.map((input) => input.name).join(', ');
    lines.push(`${results} = ${node.op}(${inputs})${printAttributes(node.attributes)}`);
  }
  for (const name of graph.outputs.keys()) lines.push(`out ${name}`);
  return lines.join('\n');
}
