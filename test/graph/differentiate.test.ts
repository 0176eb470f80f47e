import { describe, expect, test } from 'vitest';
import {
  add,
  cast,
  exp,
  layerNorm,
  mul,
  neg,
  oneHot,
  reduceSum,
  relu,
  sign,
  slice,
  sub,
  tanh,
} from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { evaluate } from '../reference/evaluate.js';
import { tensor } from '../reference/tensor.js';
import { decodeOnnx } from '../step/decode-onnx.js';

/** A graph with one input of three numbers. */
function graphWithX(): { graph: Graph; x: Value } {
  const graph = new Graph();
  return { graph, x: graph.input('x', 'float32', [3]) };
}

const X = [0.5, -2, 3];
const sum = (y: Value): Value => reduceSum(y, [0]);

/** The gradient of `loss` with respect to `x` at X. */
function gradientAtX(graph: Graph, x: Value, loss: Value): number[] {
  const [dx] = differentiate(graph, loss, [x]);
  return [...evaluate(graph, { x: tensor([3], X) }).get(dx!)!.data];
}

describe('errors', () => {
  test('a loss that is not a scalar', () => {
    const { graph, x } = graphWithX();
    expect(() => differentiate(graph, neg(x), [x])).toThrow('the loss is [3], not a scalar');
  });

  test('a parameter that does not reach the loss', () => {
    const { graph, x } = graphWithX();
    const stray = graph.input('stray', 'float32', [3]);
    neg(stray);
    expect(() => differentiate(graph, sum(x), [x, stray])).toThrow('the loss does not depend on stray');
  });

  test('an operator without a rule on the way', () => {
    const { graph, x } = graphWithX();
    expect(() => differentiate(graph, sum(sign(x)), [x])).toThrow('Sign has no gradient rule');
    expect(() => differentiate(graph, sum(cast(cast(x, 'int64'), 'float32')), [x])).toThrow(
      'Cast has no gradient rule',
    );
  });

  test('a second output on the way', () => {
    const { graph, x } = graphWithX();
    const mean = layerNorm(x, x, x, 1e-5).node!.outputs[1]!; // [1]
    expect(() => differentiate(graph, sum(mean), [x])).toThrow('only the first output can be differentiated');
  });

  test('a rule whose gradient has another shape', () => {
    const { graph, x } = graphWithX();
    const y = graph.setGradient(neg(x), { inputs: [x], rule: (dy) => [sum(dy)] });
    expect(() => differentiate(graph, sum(y), [x])).toThrow('the gradient of x is [], the value is [3]');
  });

  test('a slice of an axis whose size only a run knows', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B']);
    expect(() => differentiate(graph, sum(slice(x, 0, 0, 2)), [x])).toThrow(
      'the size B is known only when the graph runs',
    );
  });
});

describe('values', () => {
  test('a value used several times gets the sum of its gradients', () => {
    const { graph, x } = graphWithX();
    // d/dx (x^2 + x - 3 x) = 2 x - 2
    const y = sub(add(mul(x, x), x), mul(x, 3));
    expect(gradientAtX(graph, x, sum(y))).toEqual(X.map((value) => 2 * value - 2));
  });

  test('a result used several times gets the sum too, before it is passed on', () => {
    const { graph, x } = graphWithX();
    const y = exp(x);
    // d/dx (e^x * e^x) = 2 e^2x
    const gradient = gradientAtX(graph, x, sum(mul(y, y)));
    X.forEach((value, i) => {
      expect(gradient[i]! / (2 * Math.exp(2 * value))).toBeCloseTo(1, 14);
    });
  });

  test('a loss that is the parameter itself has the gradient 1', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', []);
    const [dx] = differentiate(graph, x, [x]);
    expect([...evaluate(graph, { x: tensor([], [7]) }).get(dx!)!.data]).toEqual([1]);
  });

  test('the gradient of relu at 0 is 0, as in PyTorch', () => {
    const { graph, x } = graphWithX();
    const [dx] = differentiate(graph, sum(relu(x)), [x]);
    const values = evaluate(graph, { x: tensor([3], [-1, 0, 2]) });
    expect([...values.get(dx!)!.data]).toEqual([0, 0, 1]);
  });

  test('a parameter may also be a result', () => {
    const { graph, x } = graphWithX();
    const y = neg(x);
    const [dy] = differentiate(graph, sum(mul(y, y)), [y]);
    const values = evaluate(graph, { x: tensor([3], X) });
    expect([...values.get(dy!)!.data]).toEqual(X.map((value) => -2 * value));
  });
});

describe('what is not needed', () => {
  test('an operator without a rule is no hindrance where no parameter is behind it', () => {
    const { graph, x } = graphWithX();
    const labels = graph.input('labels', 'int64', []);
    const loss = sum(mul(x, oneHot(labels, 3)));
    expect(() => differentiate(graph, loss, [x])).not.toThrow();
  });

  test('a rule of its own takes the place of those of the nodes inside', () => {
    const { graph, x } = graphWithX();
    // Sign has no rule, but isn't asked.
    const y = graph.setGradient(mul(sign(x), x), { inputs: [x], rule: (dy) => [mul(dy, 10)] });
    expect(gradientAtX(graph, x, sum(y))).toEqual([10, 10, 10]);
  });

  test('gradients of values behind which there is no parameter are not in the ONNX', () => {
    const { graph, x } = graphWithX();
    const data = graph.input('data', 'float32', [3]);
    const features = tanh(exp(data));
    const loss = sum(mul(features, x));
    const [dx] = differentiate(graph, loss, [x]);
    graph.output('dx', dx!);
    const model = decodeOnnx(toOnnx(graph, 'tiny'));
    // Neither the loss, which is no output, nor the gradients of tanh and exp.
    expect(model.nodes.map(({ type }) => type)).toEqual([
      'Exp',
      'Tanh',
      'Identity',
      'Reshape',
      'Expand',
      'Mul',
    ]);
  });
});
