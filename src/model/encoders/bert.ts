/** BERT (Devlin et al. 2018, arXiv 1810.04805), as `BertForSequenceClassification`. */
import { tanh } from '../../graph/build.js';
import type { Architecture } from '../architecture.js';
import { linear } from '../layers.js';
import type { EncoderFamily } from '../post-norm.js';

/** RoBERTa's layers have the same names. */
export const bertFamily: EncoderFamily = {
  layer: (index) => `encoder.layer.${index}`,
  names: {
    query: 'attention.self.query',
    key: 'attention.self.key',
    value: 'attention.self.value',
    attended: 'attention.output.dense',
    attendedNorm: 'attention.output.LayerNorm',
    inner: 'intermediate.dense',
    outer: 'output.dense',
    norm: 'output.LayerNorm',
  },
  tokenTypes: true,
  firstPosition: () => 0,
  dropsAttended: true,
};

export const bert: Architecture = {
  prefix: 'bert.',
  className: 'BertForSequenceClassification',
  family: bertFamily,
  positions: ({ maxPositionEmbeddings }) => maxPositionEmbeddings,
  /** BERT's own dense layer and tanh. */
  pool: (parameters, { hiddenSize: H }, rows) =>
    tanh(linear(rows, parameters.linear('bert.pooler.dense', H, H))),
  buildHead(parameters, { hiddenSize: H }, pooled, numLabels, dropout) {
    const kept = dropout?.classifier(pooled) ?? pooled;
    return linear(kept, parameters.linear('classifier', numLabels, H));
  },
  output: 'classifier',
  head: ['classifier.'],
  loraTargets: ['query', 'value'],
  maskedLm: {
    className: 'BertForMaskedLM',
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    bias: 'cls.predictions.bias',
  },
};
