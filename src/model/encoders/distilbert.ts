/**
 * DistilBERT (Sanh et al. 2019, arXiv 1910.01108), as `DistilBertForSequenceClassification`: BERT's encoder without token
 * types, with a head of two layers in the place of the pooler.
 */
import { relu } from '../../graph/build.js';
import type { Architecture } from '../architecture.js';
import { linear } from '../layers.js';

export const distilbert: Architecture = {
  prefix: 'distilbert.',
  className: 'DistilBertForSequenceClassification',
  family: {
    layer: (index) => `transformer.layer.${index}`,
    names: {
      query: 'attention.q_lin',
      key: 'attention.k_lin',
      value: 'attention.v_lin',
      attended: 'attention.out_lin',
      attendedNorm: 'sa_layer_norm',
      inner: 'ffn.lin1',
      outer: 'ffn.lin2',
      norm: 'output_layer_norm',
    },
    tokenTypes: false,
    firstPosition: () => 0,
    dropsAttended: false,
  },
  positions: ({ maxPositionEmbeddings }) => maxPositionEmbeddings,
  buildHead(parameters, { hiddenSize: H }, rows, numLabels, dropout) {
    const dense = relu(linear(rows, parameters.linear('pre_classifier', H, H)));
    const kept = dropout?.classifier(dense) ?? dense;
    return linear(kept, parameters.linear('classifier', numLabels, H));
  },
  output: 'classifier',
  head: ['pre_classifier.', 'classifier.'],
  loraTargets: ['q_lin', 'v_lin'],
  maskedLm: {
    className: 'DistilBertForMaskedLM',
    dense: 'vocab_transform',
    norm: 'vocab_layer_norm',
    bias: 'vocab_projector.bias',
  },
};
