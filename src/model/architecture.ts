/** What is said of an encoder that bertune can build: a file in `encoders/` says it. */
import type { Value } from '../graph/types.js';
import type { EncoderConfig } from './config.js';
import type { Dropout } from './dropout.js';
import type { Parameters } from './parameters.js';
import type { EncoderFamily } from './post-norm.js';

/** Names of the head that guesses masked tokens. */
export interface MaskedLmNames {
  readonly className: string;
  readonly dense: string;
  readonly norm: string;
  /** Of the product with the word embeddings. */
  readonly bias: string;
}

export interface Architecture {
  /** Begins the names of the encoder's parameters in a checkpoint that has a head. */
  readonly prefix: string;
  /** `architectures` in config.json, of a classifier. */
  readonly className: string;
  readonly family: EncoderFamily;
  /** The most tokens that a text can have. */
  readonly positions: (config: EncoderConfig) => number;
  /** What is between the encoder and the head, trained with the encoder: [CLS] rows [B, H] -> [B, H]. @default nothing */
  readonly pool?: (parameters: Parameters, config: EncoderConfig, rows: Value) => Value;
  /** The classification head: [B, H] -> logits [B, C]. */
  readonly buildHead: (
    parameters: Parameters,
    config: EncoderConfig,
    pooled: Value,
    numLabels: number,
    dropout: Dropout | undefined,
  ) => Value;
  /** The name of its last linear layer. */
  readonly output: string;
  /** Begin the names of the head's parameters. */
  readonly head: readonly string[];
  /** Last parts of the names of the linear layers that get adapters, as PEFT has them by default. */
  readonly loraTargets: readonly string[];
  readonly maskedLm: MaskedLmNames;
}
