import type { InferenceSession } from 'onnxruntime-node';
import type { Declared } from './runtime.js';

/** What ONNX Runtime says of a graph's inputs or outputs. */
export function declaredBy(metadata: readonly InferenceSession.ValueMetadata[]): Declared[] {
  return metadata.map((value) => ({
    name: value.name,
    dtype: value.isTensor ? value.type : 'no tensor',
    dims: value.isTensor ? value.shape : [],
  }));
}
