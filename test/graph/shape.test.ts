import { describe, expect, test } from 'vitest';
import {
  broadcast,
  broadcastAxes,
  dimFactors,
  elementCount,
  positiveAxis,
  printShape,
  product,
  sameShape,
  type Dim,
  type Shape,
} from '../../src/graph/shape.js';

test.each<[Dim, number, string[]]>([
  [7, 7, []],
  ['B', 1, ['B']],
  ['2*B*S', 2, ['B', 'S']],
  ['3*B*2', 6, ['B']],
  ['pool_0', 1, ['pool_0']],
])('dimFactors(%s)', (dim, factor, names) => {
  expect(dimFactors(dim)).toEqual({ factor, names });
});

test.each<[Shape, Dim]>([
  [[], 1],
  [[2, 3, 4], 24],
  [['S', 'B'], 'B*S'],
  [['S', 2, 'B', 3], '6*B*S'],
  [['B*S', 1], 'B*S'],
  [['2*S', '3*B'], '6*B*S'],
  [['B', 'B'], 'B*B'],
])('product(%j) is %s', (dims, expected) => {
  expect(product(dims)).toBe(expected);
});

test.each<[Shape, Shape, boolean]>([
  [[], [], true],
  [['B', 4], ['B', 4], true],
  [['S*B', 4], ['B*S', 4], true],
  [['B', 4], ['S', 4], false],
  [['B', 4], ['B', 1, 4], false],
  [['B', 4], ['B', 1], false],
])('sameShape(%j, %j) is %s', (a, b, expected) => {
  expect(sameShape(a, b)).toBe(expected);
});

test('printShape', () => {
  expect(printShape(['B*S', 384])).toBe('[B*S, 384]');
  expect(printShape([])).toBe('[]');
});

describe('broadcast', () => {
  test.each<[Shape, Shape, Shape]>([
    [[], [], []],
    [['B', 4], [4], ['B', 4]],
    [[4], ['B', 4], ['B', 4]],
    [
      ['B', 1, 4],
      ['S', 1],
      ['B', 'S', 4],
    ],
    [['B', 'S'], [], ['B', 'S']],
    [[1], [1, 1], [1, 1]],
  ])('%j and %j give %j', (a, b, expected) => {
    expect(broadcast(a, b)).toEqual(expected);
  });

  test.each<[Shape, Shape]>([
    [
      ['B', 4],
      ['B', 5],
    ],
    [
      ['B', 4],
      ['S', 4],
    ],
    [
      ['B', 4],
      [4, 'B'],
    ],
    [['B'], [3]],
  ])('%j and %j are refused', (a, b) => {
    expect(() => broadcast(a, b)).toThrow(`shapes ${printShape(a)} and ${printShape(b)} don't broadcast`);
  });
});

test.each<[Shape, Shape, number[]]>([
  [['B', 4], ['B', 4], []],
  [['B', 4], [4], [0]],
  [['B', 4], ['B', 1], [1]],
  [
    ['B', 'S', 4],
    ['S', 1],
    [0, 2],
  ],
  [['B', 'S', 4], [], [0, 1, 2]],
  // A 1 that stays a 1 was not repeated.
  [['B', 1], [1, 1], [0]],
])('broadcastAxes(%j, %j) is %j', (from, to, axes) => {
  expect(broadcastAxes(from, to)).toEqual(axes);
});

test('positiveAxis', () => {
  expect([0, 2, -1, -3].map((axis) => positiveAxis(axis, 3))).toEqual([0, 2, 2, 0]);
});

test('elementCount', () => {
  expect(elementCount(['B', 12, 'S', 'S'], { B: 2, S: 5 })).toBe(600);
  expect(elementCount([], {})).toBe(1);
  expect(() => elementCount(['B', 'S'], { B: 2 })).toThrow('the size S is not known');
});
