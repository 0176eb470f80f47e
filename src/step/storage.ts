/** How a model that holds its weights keeps their numbers in its file. */
import type { OnnxInitializer } from '../formats/onnx.js';
import { narrowToF16 } from '../formats/float16.js';
import type { Node, OnnxEmitter, Value } from '../graph/types.js';

/** An ONNX file while it is written. */
export interface OnnxFile extends OnnxEmitter {
  initializer(initializer: OnnxInitializer): void;
}

/** What stands in the file in the place of a node. */
export interface Replacement {
  /** What it reads of the graph's values; what only the node itself read isn't written. */
  readonly reads: readonly Value[];
  write(file: OnnxFile): void;
}

export interface Storage {
  /** Writes a parameter, so that its name gives it as float32. */
  keep(parameter: Value, data: Float32Array, file: OnnxFile): void;
  replace(node: Node): Replacement | undefined;
}

/** As they are. */
export const asFloat32: Storage = {
  keep({ name, shape }, data, file) {
    file.initializer({ name, dtype: 'float32', shape: shape as readonly number[], data });
  },
  replace: () => undefined,
};

/**
 * Half the size. Each is widened where it is read, which an engine does once, when it loads the model: ONNX Runtime's CPU
 * provider has no fast fp16 product.
 */
export const asFloat16: Storage = {
  keep({ name, shape }, data, file) {
    const stored = `${name}:float16`;
    file.initializer({
      name: stored,
      dtype: 'float16',
      shape: shape as readonly number[],
      data: narrowToF16(data, name),
    });
    file.node('Cast', [stored], [name], { to: { type: 'int', value: 1 } });
  },
  replace: () => undefined,
};
