import type { Graph } from '../graph/graph.js';
import type { ParameterSpec } from '../model/parameters.js';

/** A graph ready to run, and the parameters that are fed to it by their names. */
export interface Step {
  /** What `onnx` says, for questions about it. */
  readonly graph: Graph;
  readonly onnx: Uint8Array;
  readonly parameters: readonly ParameterSpec[];
}
