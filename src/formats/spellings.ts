/** How each kind of `config.json` spells the fields of an encoder, and what an absent field means to transformers. */

/** The fields whose names differ. */
export type SpelledField =
  | 'hiddenSize'
  | 'numHiddenLayers'
  | 'numAttentionHeads'
  | 'intermediateSize'
  | 'hiddenAct'
  | 'hiddenDropout'
  | 'attentionDropout'
  | 'classifierDropout';

export interface Spelling {
  readonly keys: Readonly<Record<SpelledField, string>>;
  readonly defaults: {
    readonly vocabSize: number;
    readonly numHiddenLayers: number;
    readonly padTokenId: number;
    /** `undefined` where it follows the encoder's dropout. */
    readonly classifierDropout?: number;
  };
}

export const MODEL_TYPES = ['bert', 'distilbert', 'roberta'] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

export function isModelType(value: unknown): value is ModelType {
  return MODEL_TYPES.some((type) => type === value);
}

const BERT_KEYS: Spelling['keys'] = {
  hiddenSize: 'hidden_size',
  numHiddenLayers: 'num_hidden_layers',
  numAttentionHeads: 'num_attention_heads',
  intermediateSize: 'intermediate_size',
  hiddenAct: 'hidden_act',
  hiddenDropout: 'hidden_dropout_prob',
  attentionDropout: 'attention_probs_dropout_prob',
  classifierDropout: 'classifier_dropout',
};

export const SPELLINGS: Readonly<Record<ModelType, Spelling>> = {
  bert: { keys: BERT_KEYS, defaults: { vocabSize: 30_522, numHiddenLayers: 12, padTokenId: 0 } },
  roberta: { keys: BERT_KEYS, defaults: { vocabSize: 50_265, numHiddenLayers: 12, padTokenId: 1 } },
  distilbert: {
    keys: {
      hiddenSize: 'dim',
      numHiddenLayers: 'n_layers',
      numAttentionHeads: 'n_heads',
      intermediateSize: 'hidden_dim',
      hiddenAct: 'activation',
      hiddenDropout: 'dropout',
      attentionDropout: 'attention_dropout',
      classifierDropout: 'seq_classif_dropout',
    },
    defaults: { vocabSize: 30_522, numHiddenLayers: 6, padTokenId: 0, classifierDropout: 0.2 },
  },
};
