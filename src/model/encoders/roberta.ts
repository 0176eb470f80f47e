/**
 * RoBERTa (Liu et al. 2019, arXiv 1907.11692), as `RobertaForSequenceClassification`: BERT's encoder, whose positions begin
 * after that of the padding, with a head of two layers and no pooler.
 */
import { tanh } from '../../graph/build.js';
import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { EncoderConfig } from '../config.js';
import { linear } from '../layers.js';
import { bertFamily } from './bert.js';

/** Tokens are at `padding_idx` + 1 and on; what padding itself reads is seen by nobody. */
const firstPosition = ({ padTokenId }: EncoderConfig): number => padTokenId + 1;

export const roberta: Architecture = {
  prefix: 'roberta.',
  className: 'RobertaForSequenceClassification',
  family: { ...bertFamily, firstPosition },
  positions: (config) => config.maxPositionEmbeddings - firstPosition(config),
  buildHead(parameters, { hiddenSize: H }, rows, numLabels, dropout) {
    const drop = (x: Value): Value => dropout?.classifier(x) ?? x;
    const dense = tanh(linear(drop(rows), parameters.linear('classifier.dense', H, H)));
    return linear(drop(dense), parameters.linear('classifier.out_proj', numLabels, H));
  },
  output: 'classifier.out_proj',
  head: ['classifier.'],
  loraTargets: ['query', 'value'],
  maskedLm: {
    className: 'RobertaForMaskedLM',
    dense: 'lm_head.dense',
    norm: 'lm_head.layer_norm',
    bias: 'lm_head.bias',
  },
};
