/** The classifier as users of Node call it. */
import { loadClassifier } from '../checkpoint/load.js';
import { ThreadedEncoder } from '../encoding/threaded.js';
import type { HubUse } from '../hub/use.js';
import { nodeRuntime } from '../runtime/node.js';
import type { ModelDtype } from '../util/dtypes.js';
import { checkThreads } from '../util/threads.js';
import { BaseClassifier } from './classifier.js';
import { partsOf, type PartsOptions } from './parts.js';

/**
 * How texts are read (`maxLength`, `truncation`, `headTokens`, `stride`) is a run's own business: it says so itself. For a
 * folder that bertune didn't save it may be said here. @default as long as the model reads, cut as its tokenizer cuts
 */
export interface ClassifierOptions extends Pick<HubUse, 'onEvent' | 'signal'>, PartsOptions {
  /** Threads of the runtime. @default the machine's cores */
  readonly threads?: number;
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
 * const classifier = await Classifier.load('runs/imdb-sample');
 * const [prediction] = await classifier.predict(['A fine film.']);
 * console.log(prediction);
 * // { text: 'A fine film.', label: 'positive', score: 0.97, scores: { negative: 0.03, positive: 0.97 } }
 * await classifier.release();
 * ```
 */
export class Classifier extends BaseClassifier {
  /**
   * Loads a run of bertune, any folder with config.json, tokenizer.json and a classifier, or a model of the hub by its
   * name, such as `org/name` or `org/name@revision`. The classifier is in model.safetensors or in an ONNX file as
   * `bertune export`, Optimum and transformers.js have it: `model.onnx`, also in a folder `onnx`; or the path of that
   * file is given. A run's golden texts are classified again and compared with what they gave when it was saved.
   *
   * Throws `FileError`, `ModelError` or `HubError` that say what is missing or wrong.
   */
  static async load(folder: string, options: ClassifierOptions = {}): Promise<Classifier> {
    checkThreads(options.threads);
    const read = await loadClassifier(folder, options);
    const runtime = await nodeRuntime({ threads: options.threads });
    const { model, scorer, encoder } = await partsOf(read, runtime, options, ThreadedEncoder);
    const weighted = 'forward' in read ? { spec: read.spec, runtime } : undefined;
    const classifier = new Classifier(folder, model, scorer, encoder, weighted);
    return classifier.checked();
  }
}
