/** What an encoder needs to know of itself; `formats/config.ts` reads it from a config.json. */
export interface EncoderConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  readonly hiddenAct: string;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  readonly padTokenId: number;
}

/** The rates at which activations are dropped in training, each in [0, 1). */
export interface DropoutRates {
  /** After the embeddings and after each dense layer of the encoder. */
  readonly hidden: number;
  /** On the attention probabilities. */
  readonly attention: number;
  /** Before the classifier. */
  readonly classifier: number;
}
