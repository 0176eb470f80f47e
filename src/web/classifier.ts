/** The classifier in a page: the same as in Node, from an address or from files, computed by onnxruntime-web. */
import type { ModelFiles } from '../checkpoint/model-files.js';
import { readExported } from '../checkpoint/exported.js';
import { BlockEncoder } from '../encoding/encoder.js';
import { BaseClassifier } from '../predict/classifier.js';
import { partsOf, type PartsOptions } from '../predict/parts.js';
import { webRuntime, type WebDevice, type WebRuntimeOptions } from '../runtime/web.js';
import { MODEL_DTYPES, type ModelDtype } from '../util/dtypes.js';
import { UsageError } from '../util/errors.js';
import { checkThreads } from '../util/threads.js';
import { chosenFiles, type ChosenFiles } from './chosen-files.js';
import type { DownloadOptions } from './download.js';
import { readModel } from './read.js';
import { urlFiles } from './url-files.js';

export interface ClassifierOptions extends DownloadOptions, WebRuntimeOptions, PartsOptions {
  /**
   * Which of a folder's models is computed, where there are several: `fp32`, `fp16` or `int8`.
   * @default the weights in safetensors; where there are none, the first ONNX file of fp32, int8, fp16
   */
  readonly dtype?: ModelDtype;
}

/**
 * A classifier in memory.
 *
 * ```ts
 * const classifier = await Classifier.load('models/reviews/');
 * const [prediction] = await classifier.predict(['A fine film.']);
 * console.log(prediction);
 * // { text: 'A fine film.', label: 'positive', score: 0.97, scores: { negative: 0.03, positive: 0.97 } }
 * await classifier.release();
 * ```
 */
export class Classifier extends BaseClassifier {
  #device: WebDevice = 'wasm';

  /**
   * Loads a run of bertune, an export of one or any folder with config.json, tokenizer.json and a classifier: by its
   * address (or that of an ONNX file in it), relative to the page, or as files that somebody chose or dropped. What is
   * downloaded is kept in the browser's Cache, and taken from there while the server has the same.
   *
   * A run's golden texts are classified again and compared with what they gave when it was saved.
   *
   * Throws `HubError` for what can't be fetched, `FileError` and `ModelError` that say what is missing or wrong.
   */
  static async load(
    source: string | URL | ChosenFiles,
    options: ClassifierOptions = {},
  ): Promise<Classifier> {
    checkThreads(options.threads);
    const { dtype, device, onEvent } = options;
    if (dtype !== undefined && !MODEL_DTYPES.includes(dtype)) {
      throw new UsageError(`dtype is ${JSON.stringify(dtype)}, expected one of ${MODEL_DTYPES.join(', ')}.`);
    }
    const { files, onnx } = placeOf(source, options);
    const read = onnx === undefined ? await readModel(files, dtype) : await readExported(files, onnx);
    options.signal?.throwIfAborted();
    const runtime = await webRuntime(options);
    if (device === 'webgpu' && runtime.device !== device) {
      onEvent?.({ type: 'note', message: 'this browser has no WebGPU here: the processor computes.' });
    }
    const parts = await partsOf(read, runtime, options, BlockEncoder);
    const classifier = new Classifier(read.folder, parts.model, parts.scorer, parts.encoder);
    classifier.#device = runtime.device;
    return classifier.checked();
  }

  /** What computes. */
  get device(): WebDevice {
    return this.#device;
  }
}

/** Where the files are, and which ONNX file of them if it was named. */
function placeOf(
  source: string | URL | ChosenFiles,
  options: DownloadOptions,
): { readonly files: ModelFiles; readonly onnx?: string } {
  if (typeof source !== 'string' && !(source instanceof URL)) return { files: chosenFiles(source) };
  const url = addressOf(source);
  const [, above = '', folder, file] = /^(.*?\/)(?:(onnx)\/)?([^/]+\.onnx)$/.exec(url.pathname) ?? [];
  if (file === undefined) return { files: urlFiles(url, options) };
  url.pathname = above;
  return { files: urlFiles(url, options), onnx: folder === undefined ? file : `${folder}/${file}` };
}

function addressOf(source: string | URL): URL {
  try {
    return new URL(source, globalThis.location.href);
  } catch (cause) {
    throw new UsageError(`${String(source)} is no address of a model's folder.`, { cause });
  }
}
