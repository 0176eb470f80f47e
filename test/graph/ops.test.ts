import { describe, expect, test } from 'vitest';
import { differentiate } from '../../src/graph/differentiate.js';
import { ops } from '../../src/graph/ops/table.js';
import type { OpName } from '../../src/graph/types.js';
import { buildCase, check, withLoss } from './check.js';
import { opCases } from './op-cases.js';

const names = Object.keys(ops) as OpName[];

describe.each(names)('%s', (op) => {
  const cases = opCases[op];
  const differentiable = ops[op].gradient !== 'none';

  test('has cases, and each has the operator in it', () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const testCase of cases) {
      expect(buildCase(testCase).graph.nodes.some((node) => node.op === op)).toBe(true);
    }
  });

  for (const testCase of cases) check(testCase, differentiable);

  if (differentiable) return;
  test('has no gradient', () => {
    const built = buildCase(cases[0]!);
    const node = built.graph.nodes.find((candidate) => candidate.op === op)!;
    // What is made from nothing has no input to be differentiated with respect to.
    if (node.inputs.length === 0) return;
    // The loss is a sum of float32; what an integer output would give is decided before types matter.
    if (node.outputs[0]!.dtype !== 'float32') return;
    const { graph, loss } = withLoss(built);
    for (const input of node.inputs) {
      expect(() => differentiate(graph, loss, [input])).toThrow(`${op} has no gradient rule`);
    }
  });
});
