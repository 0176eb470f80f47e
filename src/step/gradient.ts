/** What a graph of training hands over: the loss, and a gradient for each parameter that is trained. */
import { addOnto, rowSumOf } from '../graph/accumulate.js';
import { differentiate } from '../graph/differentiate.js';
import type { Graph } from '../graph/graph.js';
import { sameShape } from '../graph/shape.js';
import type { Value } from '../graph/types.js';
import type { DropoutSite } from '../model/dropout.js';
import type { Parameters, ParameterSpec } from '../model/parameters.js';
import type { Step } from './step.js';

/** The name of a parameter's gradient among the outputs of a gradient step, that of this and all earlier steps. */
export const gradientName = (parameter: string): string => `grad:${parameter}`;
/** The name of the input with the sum of the gradients of earlier steps; it may share its memory with the output. */
export const gradientBeforeName = (parameter: string): string => `grad_before:${parameter}`;

/** The name of the output with the rows that a table's gradient consists of. */
export const gradientRowsName = (parameter: string): string => `grad_rows:${parameter}`;

/** A table whose gradient comes as rows: one for each id of an input. */
export interface Lookup {
  readonly parameter: string;
  /** The input whose ids say which row of the table each row belongs to. */
  readonly ids: string;
  /** Elements of a row. */
  readonly width: number;
}

export interface GradientStep extends Step {
  readonly lookups: readonly Lookup[];
  /** In the order of the masks that a run feeds (`dropoutMaskName`); empty when nothing is dropped. */
  readonly dropoutSites: readonly DropoutSite[];
}

/** Whether a step gives a gradient of the parameter of that name. */
export function hasGradient({ graph, lookups }: GradientStep, name: string): boolean {
  return graph.outputs.has(gradientName(name)) || lookups.some(({ parameter }) => parameter === name);
}

/**
 * Adds the gradients to a graph, and the outputs `loss` and, for every parameter that is trained, `grad:<name>`: the
 * gradient added to that of the input `grad_before:<name>`. What a lookup contributes leaves as `grad_rows:<name>`, to be
 * added by whoever runs it: half of a small model's parameters are word embeddings, and a batch has but a few of them.
 */
export function outputGradients(
  graph: Graph,
  loss: Value,
  { specs, values }: Parameters,
  trains: (parameter: ParameterSpec) => boolean = () => true,
): Lookup[] {
  const trained = specs.flatMap((spec, index) => (trains(spec) ? [{ spec, value: values[index]! }] : []));
  const gradients = differentiate(
    graph,
    loss,
    trained.map(({ value }) => value),
  );
  graph.output('loss', loss);
  const lookups: Lookup[] = [];
  gradients.forEach((gradient, index) => {
    const { name, shape } = trained[index]!.spec;
    const terms = termsOf(gradient);
    const lookup = terms.find((term) => rowSumOf(term) !== undefined);
    const sum = lookup && rowSumOf(lookup);
    if (sum) {
      graph.output(gradientRowsName(name), sum.rows);
      lookups.push({ parameter: name, ids: sum.ids.name, width: shape[1]! });
    }
    // A second lookup of the table is added in the graph, as all that is no lookup.
    const whole = terms.filter((term) => term !== lookup);
    if (whole.length === 0) return;
    const before = graph.input(gradientBeforeName(name), 'float32', shape);
    graph.output(gradientName(name), whole.reduce(addOnto, before));
  });
  return lookups;
}

/** What a sum is made of. */
function termsOf(x: Value): Value[] {
  const { node, shape } = x;
  const isSum = node?.op === 'Add' && node.inputs.every((input) => sameShape(input.shape, shape));
  return isSum ? node.inputs.flatMap(termsOf) : [x];
}
