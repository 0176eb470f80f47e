/** A graph under construction. It only grows, so nodes stand in an order in which they can run. */
import { InternalError } from '../util/errors.js';
import { ops } from './ops/table.js';
import type { Shape } from './shape.js';
import type { Builder, CustomGradient, DType, Node, OpAttributes, OpName, Value } from './types.js';

export class Graph implements Builder {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  /** Named results, in the order in which they were declared. */
  readonly outputs = new Map<string, Value>();
  readonly customGradients = new Map<Node, CustomGradient>();
  readonly #constants = new Map<string, Value>();
  readonly #inputNames = new Set<string>();

  /** Declares an input of the graph: data of a batch, or a parameter. */
  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.#inputNames.has(name)) throw new InternalError(`the graph has two inputs named ${name}`);
    this.#inputNames.add(name);
    const value: Value = { graph: this, node: undefined, name, dtype, shape };
    this.inputs.push(value);
    return value;
  }

  addAll<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this) throw new InternalError(`${op}: input ${input.name} is of another graph`);
    }
    const outputs: Value[] = [];
    const node: Node<K> = { op, inputs, attributes, outputs };
    ops[op].types(inputs, attributes).forEach(({ dtype, shape }, index) => {
      const name = `${op}_${this.nodes.length}${index === 0 ? '' : `_${index}`}`;
      outputs.push({ graph: this, node, name, dtype, shape });
    });
    this.nodes.push(node);
    return outputs;
  }

  add<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value {
    // Constants, once each: the same scalar is asked for in every layer.
    if (op !== 'Constant') return this.addAll(op, inputs, attributes)[0]!;
    const key = constantKey(attributes as OpAttributes['Constant']);
    const known = this.#constants.get(key);
    if (known) return known;
    const made = this.addAll(op, inputs, attributes)[0]!;
    this.#constants.set(key, made);
    return made;
  }

  /** Declares `value`, made by a node, as the graph's result, and names it so. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name) || this.#inputNames.has(name)) {
      throw new InternalError(`the graph has an output or input named ${name} already`);
    }
    if (!value.node || [...this.outputs.values()].includes(value)) {
      throw new InternalError(
        `${value.name} can't be the output ${name}: it is an input or already an output`,
      );
    }
    // The runtime writes a named result straight into the caller's buffer; a copy of it would be a second pass.
    (value as { name: string }).name = name;
    this.outputs.set(name, value);
  }

  setGradient(output: Value, gradient: CustomGradient): Value {
    if (!output.node)
      throw new InternalError(`${output.name} is an input: it has no gradient rule to replace`);
    this.customGradients.set(output.node, gradient);
    return output;
  }
}

/** Different for every two constants that differ, also where JSON says `null` (infinities) or `0` (negative zero). */
function constantKey({ dtype, shape, data }: OpAttributes['Constant']): string {
  const numbers = data.map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  return `${dtype}[${shape.join()}]=${numbers.join()}`;
}
