/**
 * Reverse-mode differentiation: from a graph that computes a number to one that also computes its gradients.
 * Each operator's row says how a gradient passes through it; here they are put together.
 */
import { InternalError } from '../util/errors.js';
import { add, scalar } from './build.js';
import type { Graph } from './graph.js';
import { ops } from './ops/table.js';
import { printShape, sameShape } from './shape.js';
import type { Node, OpName, OpRule, Value } from './types.js';

/**
 * The gradients of the scalar `loss` with respect to each of `parameters`, as values added to the same graph.
 *
 * ```ts
 * const [dw] = differentiate(graph, loss, [w]); // dw has the shape of w
 * ```
 *
 * Throws when a parameter doesn't reach the loss, or when a node on the way has no gradient rule.
 */
export function differentiate(graph: Graph, loss: Value, parameters: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new InternalError(`the loss is ${printShape(loss.shape)}, not a scalar`);
  const forward = [...graph.nodes];
  const depends = dependents(forward, parameters);
  const gradients = new Map<Value, Value>([[loss, scalar(graph, 1)]]);
  const accumulate = (value: Value, gradient: Value | undefined): void => {
    if (!gradient || !depends.has(value)) return;
    if (!sameShape(gradient.shape, value.shape)) {
      const shapes = `${printShape(gradient.shape)}, the value is ${printShape(value.shape)}`;
      throw new InternalError(`the gradient of ${value.name} is ${shapes}`);
    }
    const known = gradients.get(value);
    gradients.set(value, known ? add(known, gradient) : gradient);
  };

  for (const node of forward.reverse()) {
    const dy = gradients.get(node.outputs[0]!);
    if (node.outputs.slice(1).some((output) => gradients.has(output))) {
      throw new InternalError(`${node.op}: only the first output can be differentiated`);
    }
    if (!dy) continue;
    const custom = graph.customGradients.get(node);
    const inputs = custom ? custom.inputs : node.inputs;
    const partial = custom ? custom.rule(dy) : passThrough(node, dy);
    inputs.forEach((input, index) => {
      accumulate(input, partial[index]);
    });
  }
  return parameters.map((parameter) => {
    const gradient = gradients.get(parameter);
    if (!gradient) throw new InternalError(`the loss does not depend on ${parameter.name}`);
    return gradient;
  });
}

function passThrough(node: Node, dy: Value): readonly (Value | undefined)[] {
  const rule = ops[node.op] as OpRule<OpName>;
  if (rule.gradient === 'none') throw new InternalError(`${node.op} has no gradient rule`);
  return rule.gradient(node, dy);
}

/** The values that depend on one of `sources`: only these need a gradient. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const found = new Set<Value>(sources);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) for (const output of node.outputs) found.add(output);
  }
  return found;
}
