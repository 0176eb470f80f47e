/** ONNX Runtime's CPU provider in Node: `onnxruntime-node`, imported when the first graph is loaded. */
import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { declaredBy } from './declared.js';
import {
  engineError,
  type Declared,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type Tensor,
  type Tensors,
} from './runtime.js';

type Ort = typeof import('onnxruntime-node');

/** Opens the runtime. The native library is loaded only now, as `--help` has no need of it. */
export async function nodeRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const imported = (await import('onnxruntime-node')) as Ort & { default?: Ort };
  const ort = imported.default ?? imported;
  return {
    name: `onnxruntime-node ${ort.env.versions.node ?? ''}`,
    async load(onnx) {
      const session = await ort.InferenceSession.create(onnx, {
        intraOpNumThreads: options.threads ?? availableParallelism(),
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        // A pattern keeps a second block as large as all activations together (docs/performance.md).
        enableMemPattern: false,
        // Each session has threads of its own. Left to themselves they spin for a while after a run, and take the
        // cores from the next session: without this an update takes twice as long (docs/performance.md).
        extra: { session: { force_spinning_stop: '1' } },
        // The optimizer's notes on its own work: errors alone are for the user.
        logSeverityLevel: 3,
      });
      return new NodeSession(ort, session);
    },
  };
}

class NodeSession implements Session {
  /** The engine's view of a tensor; parameters are fed again in every step. */
  readonly #views = new WeakMap<Tensor, OrtTensor>();

  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];

  constructor(
    readonly ort: Ort,
    readonly session: InferenceSession,
  ) {
    this.inputs = declaredBy(session.inputMetadata);
    this.outputs = declaredBy(session.outputMetadata);
  }

  async run(inputs: Tensors, results: Tensors): Promise<void> {
    const returned = await this.session
      .run(this.#viewAll(inputs), this.#viewAll(results))
      .catch((error: unknown) => {
        throw engineError(error);
      });
    discard(Object.values(returned));
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  #viewAll(tensors: Tensors): Record<string, OrtTensor> {
    const views: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      let view = this.#views.get(tensor);
      if (!view) {
        view = new this.ort.Tensor(tensor.dtype, tensor.data, tensor.dims);
        this.#views.set(tensor, view);
      }
      views[name] = view;
    }
    return views;
  }
}

/**
 * Frees memory at once. What `run` returns are copies of the results, beside the buffers that the results were written
 * into: left to the garbage collector, which sees only small objects, they add up to hundreds of megabytes.
 */
function discard(copies: readonly OrtTensor[]): void {
  const buffers = copies.flatMap(({ data }) =>
    ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : [],
  );
  if (buffers.length > 0) structuredClone(null, { transfer: buffers });
}
