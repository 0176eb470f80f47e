/** The encoders that bertune can build. A new one is a file in `encoders/` and a row here. */
import { ModelError } from '../util/errors.js';
import type { Architecture } from './architecture.js';
import { bert } from './encoders/bert.js';
import { distilbert } from './encoders/distilbert.js';
import { roberta } from './encoders/roberta.js';

/** By `model_type` in config.json. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = { bert, distilbert, roberta };

/** Throws a `ModelError` that names the supported ones when there is no such architecture. */
export function architectureOf(modelType: string): Architecture {
  if (Object.hasOwn(ARCHITECTURES, modelType)) return ARCHITECTURES[modelType]!;
  const known = Object.keys(ARCHITECTURES).join(', ');
  throw new ModelError(`model_type "${modelType}" is not supported; supported are: ${known}`);
}
