/** The operators: one row each. A missing row doesn't compile. */
import type { OpName, OpRule } from '../types.js';
import { Constant, Fill, Range } from './constants.js';
import { Add, Cast, Div, Erf, Exp, Gelu, Mul, Neg, Relu, Sign, Sqrt, Sub, Tanh } from './elementwise.js';
import { Gather, OneHot, ScatterElements } from './indexing.js';
import { Concat, Expand, Reshape, Slice, Transpose } from './layout.js';
import { FusedMatMul, Gemm } from './products.js';
import { LayerNormalization, LogSoftmax, ReduceSum, Softmax } from './reductions.js';

export const ops: { readonly [K in OpName]: OpRule<K> } = {
  Constant,
  Fill,
  Range,
  Add,
  Sub,
  Mul,
  Div,
  Neg,
  Exp,
  Sqrt,
  Erf,
  Tanh,
  Relu,
  Sign,
  Gelu,
  Cast,
  Gemm,
  FusedMatMul,
  ReduceSum,
  Softmax,
  LogSoftmax,
  LayerNormalization,
  Reshape,
  Expand,
  Transpose,
  Slice,
  Concat,
  Gather,
  ScatterElements,
  OneHot,
};
