/** ONNX Runtime in the browser: `onnxruntime-web`, imported when the first graph is loaded. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { declaredBy } from './declared.js';
import {
  engineError,
  type Declared,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type Tensors,
} from './runtime.js';

type Ort = typeof import('onnxruntime-web');

/** What computes: the processor by WebAssembly, or the graphics card. */
export type WebDevice = 'wasm' | 'webgpu';

export interface WebRuntimeOptions extends RuntimeOptions {
  /** Where there is no WebGPU, `wasm` it is. @default wasm */
  readonly device?: WebDevice | undefined;
  /**
   * The address of the folder with onnxruntime-web's `.wasm` and `.mjs` files, where the bundler doesn't bring them along.
   * @default beside the script
   */
  readonly wasmPaths?: string | undefined;
}

export interface WebRuntime extends Runtime {
  readonly device: WebDevice;
}

/** Opens the runtime. More than one thread needs a page that is cross-origin isolated. */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<WebRuntime> {
  const device = options.device === 'webgpu' && (await hasWebGpu()) ? 'webgpu' : 'wasm';
  const ort: Ort = await (device === 'webgpu'
    ? import('onnxruntime-web/webgpu')
    : import('onnxruntime-web/wasm'));
  // Errors alone are for the user; these are settings of the library, for the whole page.
  ort.env.logLevel = 'error';
  if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
  if (options.wasmPaths !== undefined) ort.env.wasm.wasmPaths = options.wasmPaths;
  return {
    name: `onnxruntime-web ${ort.env.versions.web ?? ''} (${device})`,
    device,
    async load(onnx) {
      const session = await ort.InferenceSession.create(onnx, {
        executionProviders: [device],
        graphOptimizationLevel: 'all',
        enableMemPattern: false,
        logSeverityLevel: 3,
      });
      return new WebSession(ort, session);
    },
  };
}

async function hasWebGpu(): Promise<boolean> {
  // The library's types have it that every browser has it.
  const { gpu } = globalThis.navigator as { gpu?: { requestAdapter: () => Promise<unknown> } };
  const adapter = await gpu?.requestAdapter();
  return adapter !== undefined && adapter !== null;
}

class WebSession implements Session {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];

  constructor(
    readonly ort: Ort,
    readonly session: InferenceSession,
  ) {
    this.inputs = declaredBy(session.inputMetadata);
    this.outputs = declaredBy(session.outputMetadata);
  }

  /** Inputs are copied into WebAssembly's memory and results out of it; so each result is written in its place here. */
  async run(inputs: Tensors, results: Tensors): Promise<void> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, { dtype, data, dims }] of Object.entries(inputs)) {
      feeds[name] = new this.ort.Tensor(dtype, data, dims);
    }
    const found = await this.session.run(feeds, Object.keys(results)).catch((error: unknown) => {
      throw engineError(error);
    });
    for (const [name, { data }] of Object.entries(results)) {
      const values = await found[name]!.getData();
      if (data instanceof Float32Array) data.set(values as Float32Array);
      else data.set(values as BigInt64Array);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
