import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseModelConfig, writeModelConfig } from '../../src/formats/config.js';
import { ModelError } from '../../src/util/errors.js';

const BUNDLED = JSON.parse(
  readFileSync(new URL('../../models/all-MiniLM-L6-v2/config.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

const BERT = 'BertForSequenceClassification';

const parse = (fields: Record<string, unknown>) =>
  parseModelConfig({ model_type: 'bert', ...fields }, 'config.json');

test('the bundled config, which names no labels', () => {
  expect(parseModelConfig(BUNDLED, 'config.json')).toEqual({
    modelType: 'bert',
    hiddenSize: 384,
    numHiddenLayers: 6,
    numAttentionHeads: 12,
    intermediateSize: 1536,
    hiddenAct: 'gelu',
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.1,
    classifierDropout: 0.1,
    maxPositionEmbeddings: 512,
    typeVocabSize: 2,
    vocabSize: 30522,
    layerNormEps: 1e-12,
    initializerRange: 0.02,
    padTokenId: 0,
    id2label: undefined,
    label2id: undefined,
    numLabels: undefined,
    problemType: undefined,
    raw: BUNDLED,
  });
});

test("absent fields have the values of transformers' BertConfig", () => {
  expect(parse({})).toMatchObject({
    hiddenSize: 768,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    intermediateSize: 3072,
    hiddenAct: 'gelu',
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.1,
    maxPositionEmbeddings: 512,
    typeVocabSize: 2,
    vocabSize: 30522,
    layerNormEps: 1e-12,
    initializerRange: 0.02,
    padTokenId: 0,
  });
});

test('classifier_dropout follows hidden_dropout_prob unless it is given', () => {
  expect(parse({ hidden_dropout_prob: 0.3 }).classifierDropout).toBe(0.3);
  expect(parse({ hidden_dropout_prob: 0.3, classifier_dropout: null }).classifierDropout).toBe(0.3);
  expect(parse({ hidden_dropout_prob: 0.3, classifier_dropout: 0 }).classifierDropout).toBe(0);
});

test('a class that can’t be made a text is none', () => {
  const json = JSON.parse('{"architectures":[{"toString":1,"valueOf":2}]}') as unknown;
  expect(() => parseModelConfig(json, 'config.json')).toThrow(ModelError);
});

test('a file of 2019 without model_type is known by its class', () => {
  expect(parseModelConfig({ architectures: ['BertForMaskedLM'] }, 'c').modelType).toBe('bert');
});

describe('labels', () => {
  test('come by id, whatever their order in the file', () => {
    const config = parse({ id2label: { 1: 'pos', 0: 'neg' }, label2id: { pos: 1, neg: 0 } });
    expect(config.id2label).toEqual(['neg', 'pos']);
    expect(config.label2id).toEqual(new Map([['neg', 0], ['pos', 1]])); // prettier-ignore
    expect(config.numLabels).toBe(2);
  });

  test('may be given by one of the two tables, or only counted', () => {
    expect(parse({ id2label: { 0: 'a' } }).id2label).toEqual(['a']);
    expect(parse({ label2id: { b: 1, a: 0 } }).id2label).toEqual(['a', 'b']);
    expect(parse({ num_labels: 3 })).toMatchObject({ numLabels: 3, id2label: undefined });
    expect(parse({ id2label: null, label2id: null, num_labels: null }).id2label).toBeUndefined();
  });

  test('may have any text, __proto__ too', () => {
    const json = JSON.parse('{"model_type":"bert","label2id":{"__proto__":0,"constructor":1}}') as unknown;
    const config = parseModelConfig(json, 'c');
    expect(config.id2label).toEqual(['__proto__', 'constructor']);
    const written = JSON.stringify(writeModelConfig(config, { className: BERT, id2label: config.id2label! }));
    expect(written).toContain('"label2id":{"__proto__":0,"constructor":1}');
    expect(parseModelConfig(JSON.parse(written), 'c').id2label).toEqual(config.id2label);
  });
});

const ten = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [String(i), `L${i}`]));

describe('refused, naming file, field, what was expected and found', () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { model_type: 'albert' },
      'model_type is "albert", expected one of those that can be trained so far: bert, distilbert, roberta',
    ],
    [
      { model_type: null },
      'model_type is null, expected one of those that can be trained so far: bert, distilbert, roberta',
    ],
    [{ hidden_size: 1e9 }, 'hidden_size is 1000000000, expected a whole number from 1 to 65,536.'],
    [{ hidden_size: 0 }, 'hidden_size is 0, expected a whole number from 1'],
    [{ hidden_size: 1.5 }, 'hidden_size is 1.5, expected a whole number'],
    [{ hidden_size: '768' }, 'hidden_size is "768", expected a whole number'],
    [{ hidden_size: null }, 'hidden_size is null, expected a whole number'],
    [{ hidden_size: 770 }, 'hidden_size is 770, expected a multiple of num_attention_heads (12)'],
    [{ num_attention_heads: 5 }, 'expected a multiple of num_attention_heads (5)'],
    [{ num_hidden_layers: 0 }, 'num_hidden_layers is 0'],
    [{ num_hidden_layers: 1e6 }, 'num_hidden_layers is 1000000, expected a whole number from 1 to 1,000'],
    [{ intermediate_size: -1 }, 'intermediate_size is -1'],
    [{ max_position_embeddings: [512] }, 'max_position_embeddings is [512]'],
    [{ type_vocab_size: 0 }, 'type_vocab_size is 0'],
    [{ vocab_size: 1e300 }, 'vocab_size is 1e+300'],
    [{ vocab_size: true }, 'vocab_size is true'],
    [
      { pad_token_id: 30522 },
      'pad_token_id is 30522, expected a whole number from 0 to 30,521 (below vocab_size)',
    ],
    [{ pad_token_id: -1 }, 'pad_token_id is -1'],
    [{ hidden_act: 5 }, 'hidden_act is 5, expected a name'],
    [{ hidden_act: '' }, 'hidden_act is "", expected a name'],
    [{ hidden_dropout_prob: 1 }, 'hidden_dropout_prob is 1, expected a rate of at least 0 and below 1'],
    [{ hidden_dropout_prob: -0.1 }, 'hidden_dropout_prob is -0.1'],
    [{ attention_probs_dropout_prob: 'x' }, 'attention_probs_dropout_prob is "x"'],
    [{ classifier_dropout: 10 }, 'classifier_dropout is 10'],
    [{ layer_norm_eps: 0 }, 'layer_norm_eps is 0, expected a number between 0 and 1'],
    [{ initializer_range: -1 }, 'initializer_range is -1'],
    [
      { position_embedding_type: 'relative_key' },
      'position_embedding_type is "relative_key", expected "absolute"',
    ],
    [{ is_decoder: true }, 'is_decoder is true, expected false: only encoders can be trained'],
    [{ add_cross_attention: true }, 'add_cross_attention is true'],
    [{ pruned_heads: { 0: [1] } }, 'pruned_heads is {"0":[1]}, expected none'],
    [{ problem_type: 'multi' }, 'problem_type is "multi", expected "single_label_classification" or'],
    [{ className: BERT, id2label: ['a', 'b'] }, 'id2label is ["a","b"], expected an object'],
    [{ id2label: {} }, 'id2label is {}, expected at least one label'],
    [{ id2label: { 0: 'a', 2: 'b' } }, 'id2label has 2 labels but no "1"; expected ids from 0 without gaps'],
    [{ id2label: { '00': 'a' } }, 'id2label has 1 label but no "0"'],
    [{ id2label: { 0: 7 } }, 'id2label "0" is 7, expected a string'],
    [{ id2label: { 0: 'a', 1: 'a' } }, 'id2label names "a" twice'],
    [{ label2id: { a: 0, b: 0 } }, 'label2id "b" is 0, expected ids from 0 to 1, each once'],
    [{ label2id: { a: '0' } }, 'label2id "a" is "0"'],
    [
      { id2label: { 0: 'a', 1: 'b' }, label2id: { a: 1, b: 0 } },
      'disagree: 0 is "a" in id2label and "b" in label2id',
    ],
    [
      { id2label: { 0: 'a' }, label2id: { a: 0, b: 1 } },
      'disagree: 1 is nothing in id2label and "b" in label2id',
    ],
    [{ id2label: ten, num_labels: 3 }, 'num_labels is 3, expected 10, the number of labels in the same file'],
  ])('%j', (fields, message) => {
    expect(() => parse(fields)).toThrow(ModelError);
    expect(() => parse(fields)).toThrow(message);
    expect(() => parse(fields)).toThrow(/^config\.json: /);
  });

  test.each([
    [null, 'null'],
    [[], 'a list'],
    ['bert', '"bert"'],
  ])('%j as the whole file', (json, found) => {
    expect(() => parseModelConfig(json, 'config.json')).toThrow(
      `config.json is ${found}, expected an object.`,
    );
  });

  test('a value nested 100,000 deep, without a stack overflow', () => {
    const json: unknown = JSON.parse(`{"model_type":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(() => parseModelConfig(json, 'config.json')).toThrow(ModelError);
  });
});

describe('writing', () => {
  const base = parseModelConfig(BUNDLED, 'config.json');

  test("keeps the original's fields and adds the head's in transformers' spelling", () => {
    expect(writeModelConfig(base, { className: BERT, id2label: ['negative', 'positive'] })).toEqual({
      ...BUNDLED,
      architectures: ['BertForSequenceClassification'],
      classifier_dropout: null,
      id2label: { 0: 'negative', 1: 'positive' },
      label2id: { negative: 0, positive: 1 },
      problem_type: 'single_label_classification',
      torch_dtype: 'float32',
    });
    expect(BUNDLED['architectures']).toEqual(['BertModel']);
  });

  test('what is written reads back the same', () => {
    const changed = { ...base, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0.2, classifierDropout: 0.4 };
    const again = parseModelConfig(
      writeModelConfig(changed, { className: BERT, id2label: ['1', '0', 'x'] }),
      'c',
    );
    expect(again).toMatchObject({
      hiddenDropoutProb: 0,
      attentionProbsDropoutProb: 0.2,
      classifierDropout: 0.4,
    });
    expect(again.id2label).toEqual(['1', '0', 'x']);
    expect(again.problemType).toBe('single_label_classification');
  });

  test.each([
    [{ dtype: 'float16' }, { dtype: 'float32' }],
    [{ torch_dtype: 'float16' }, { torch_dtype: 'float32' }],
    [
      { dtype: 'float16', torch_dtype: 'float16' },
      { dtype: 'float32', torch_dtype: 'float32' },
    ],
    [{}, { torch_dtype: 'float32' }],
  ])('the element type is corrected where it stands: %j', (had, has) => {
    const { dtype, torch_dtype } = writeModelConfig(parse(had), { className: BERT, id2label: ['a'] });
    expect({ dtype, torch_dtype }).toEqual({ dtype: undefined, torch_dtype: undefined, ...has });
  });

  test('old labels and num_labels are replaced', () => {
    const written = writeModelConfig(parse({ num_labels: 3 }), { className: BERT, id2label: ['a', 'b'] });
    expect(written).not.toHaveProperty('num_labels');
    expect(parseModelConfig(written, 'c').numLabels).toBe(2);
  });
});
