/** What a classifier is made of, once its files are read and its runtime is open: the same in Node and in a page. */
import { textContractOf, type ClassifierModel, type ReadingOptions } from '../checkpoint/read-model.js';
import type { Cleaning } from '../data/clean.js';
import type { BlockEncoder } from '../encoding/encoder.js';
import type { Scorer } from '../evaluate/logits.js';
import type { Runtime } from '../runtime/runtime.js';
import { makeReady, type ReadModel } from './scorer.js';

export interface PartsOptions extends ReadingOptions {
  /** How texts are cleaned. @default as the run was trained; `none` for folders that bertune didn't save */
  readonly clean?: Cleaning;
}

export interface ClassifierParts {
  readonly model: ClassifierModel;
  readonly scorer: Scorer;
  readonly encoder: BlockEncoder;
}

/** @throws `ModelError` where the graph can't be used */
export async function partsOf(
  read: ReadModel,
  runtime: Runtime,
  options: PartsOptions,
  Encoder: typeof BlockEncoder,
): Promise<ClassifierParts> {
  const { scorer, labels, problemType } = await makeReady(read, runtime);
  const cleaning = options.clean ?? read.contract?.clean ?? 'none';
  const encoder = new Encoder(read.tokenizer, { cleaning, contract: textContractOf(read, options) });
  const { folder, tokenizer, positions, contract } = read; // and not its weights, which may be freed
  return { model: { folder, problemType, labels, tokenizer, positions, contract }, scorer, encoder };
}
