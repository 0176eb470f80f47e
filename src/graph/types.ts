/**
 * The words of the intermediate representation: values (symbolic tensors) made by nodes (one operator each).
 */
import type { Shape } from './shape.js';

/** Element types that a training step needs. */
export type DType = 'float32' | 'int64';

/** Type and shape of a tensor. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * The operators and their attributes. Names, attributes and meaning are ONNX's (opset 17 and `com.microsoft`),
 * but for `Fill`, which is a few ONNX nodes.
 */
export interface OpAttributes {
  // constants
  Constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly data: readonly number[] };
  /** A tensor of one number, of a shape that may depend on the batch. */
  Fill: { readonly shape: Shape; readonly value: number };
  /** 0, 1, 2, ... up to a size that may depend on the batch. */
  Range: { readonly size: Shape };
  // elementwise
  Add: NoAttributes;
  Sub: NoAttributes;
  Mul: NoAttributes;
  Div: NoAttributes;
  Neg: NoAttributes;
  Exp: NoAttributes;
  Sqrt: NoAttributes;
  Erf: NoAttributes;
  Tanh: NoAttributes;
  Relu: NoAttributes;
  Sign: NoAttributes;
  Gelu: NoAttributes;
  Cast: { readonly to: DType };
  // products
  Gemm: {
    readonly alpha?: number;
    readonly beta?: number;
    readonly transA?: boolean;
    readonly transB?: boolean;
  };
  FusedMatMul: { readonly alpha?: number; readonly transA?: boolean; readonly transB?: boolean };
  // reductions and normalisation
  ReduceSum: { readonly axes: readonly number[]; readonly keepdims: boolean };
  Softmax: NoAttributes;
  LogSoftmax: NoAttributes;
  LayerNormalization: { readonly epsilon: number };
  // layout
  Reshape: { readonly shape: Shape };
  Expand: { readonly shape: Shape };
  Transpose: { readonly perm: readonly number[] };
  Slice: { readonly axis: number; readonly start: number; readonly end: number };
  Concat: { readonly axis: number };
  // indexing
  Gather: { readonly axis: number };
  ScatterElements: { readonly axis: number };
  OneHot: { readonly depth: number };
}

export type NoAttributes = Readonly<Record<string, never>>;
export type OpName = keyof OpAttributes;

/** A symbolic tensor: an input of the graph, or an output of a node. */
export interface Value extends TensorType {
  readonly graph: Builder;
  /** The node that makes it; `undefined` for an input of the graph. */
  readonly node: Node | undefined;
  /** Unique in its graph; for parameters the name in the checkpoint. */
  readonly name: string;
}

/** One application of an operator. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[K];
  readonly outputs: readonly Value[];
}

/**
 * The gradient of a whole expression, used in place of its operators' own: for expressions whose gradient is
 * cheaper than what its parts give, such as attention.
 */
export interface CustomGradient {
  readonly inputs: readonly Value[];
  /** From the gradient of the output to those of `inputs`, in their order; `undefined` where there is none. */
  readonly rule: (dy: Value) => readonly (Value | undefined)[];
}

/** What a value's graph can do for the functions that add to it. */
export interface Builder {
  /** Adds a node and returns its outputs; shapes and types come from the operator's row. */
  addAll<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): readonly Value[];
  /** Adds a node and returns its first output. */
  add<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value;
  /** From here on, differentiating through `output` uses `gradient` and skips the nodes inside. */
  setGradient(output: Value, gradient: CustomGradient): Value;
}

/** Attributes as ONNX spells them. */
export type OnnxAttribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string };

/** What an operator's row writes its ONNX nodes with. Tensors go by their names. */
export interface OnnxEmitter {
  /** Whether only ONNX's own operators may be used, for engines that know no others. */
  readonly portable: boolean;
  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): void;
  /** The name of an int64 vector that holds `dims`; sizes that only a run knows are read from its inputs. */
  dims(dims: Shape): string;
  /** The name of a constant. A shape of [] is a scalar. */
  constant(dtype: DType, shape: readonly number[], data: readonly number[]): string;
  /** A name that nothing else has. */
  fresh(hint: string): string;
}

/** Everything there is to know of an operator. */
export interface OpRule<K extends OpName> {
  /** Types and shapes of the outputs; throws on inputs that don't fit. */
  types(inputs: readonly Value[], attributes: OpAttributes[K]): readonly TensorType[];
  /**
   * Reverse-mode rule: gradients for the inputs (`undefined` for those that have none) from the gradient of the
   * first output, as more graph. `'none'` for an operator that nothing is differentiated through.
   */
  readonly gradient: 'none' | ((node: Node<K>, dy: Value) => readonly (Value | undefined)[]);
  /** Writes the ONNX nodes. */
  onnx(node: Node<K>, emit: OnnxEmitter): void;
}
