/** @file Hugging Face's `config.json` of an encoder: read with every field checked, and written back for a classifier. */

import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import { quote, show } from '../util/show.js';
import { isModelType, MODEL_TYPES, SPELLINGS, type ModelType } from './spellings.js';
import { plural } from '../util/wording.js';

/** A checked `config.json`. Absent fields have the values of transformers' own class. */
export interface ModelConfig {
  readonly modelType: ModelType;
  /** H */
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  /** A; divides H. */
  readonly numAttentionHeads: number;
  /** I */
  readonly intermediateSize: number;
  /** As written, such as `gelu`: the model decides which it can build. */
  readonly hiddenAct: string;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  /** Before the classifier: `hiddenDropoutProb` when the file gives none. */
  readonly classifierDropout: number;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly vocabSize: number;
  readonly layerNormEps: number;
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** The labels by id; undefined when the file names none, as for a base model. */
  readonly id2label: readonly string[] | undefined;
  /** The inverse of `id2label`. */
  readonly label2id: ReadonlyMap<string, number> | undefined;
  /** C, where the file gives it by `id2label` or `num_labels`. */
  readonly numLabels: number | undefined;
  readonly problemType: ProblemType | undefined;
  /** The file's object as it was, for writing back. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * Checks the object of a `config.json`.
 *
 * @param name What to call the file in an error.
 */
export function parseModelConfig(json: unknown, name: string): ModelConfig {
  if (!isObject(json)) throw new ModelError(`${name} is ${kindOf(json)}, expected an object.`);
  const fields = new Fields(json, name);
  const modelType = parseModelType(fields);
  refuseOtherKinds(fields);

  const { keys, defaults } = SPELLINGS[modelType];
  // The limits are far above any BERT and keep a hostile file from asking for memory.
  const hiddenSize = fields.size(keys.hiddenSize, 768, 65_536);
  const numAttentionHeads = fields.size(keys.numAttentionHeads, 12, 65_536);
  if (hiddenSize % numAttentionHeads !== 0) {
    throw fields.error(keys.hiddenSize, `a multiple of ${keys.numAttentionHeads} (${numAttentionHeads})`);
  }
  const vocabSize = fields.size('vocab_size', defaults.vocabSize, 10_000_000);
  const hiddenDropoutProb = fields.rate(keys.hiddenDropout, 0.1);
  const labels = parseLabels(fields);
  return {
    modelType,
    hiddenSize,
    numHiddenLayers: fields.size(keys.numHiddenLayers, defaults.numHiddenLayers, 1_000),
    numAttentionHeads,
    intermediateSize: fields.size(keys.intermediateSize, 3_072, 1_000_000),
    hiddenAct: fields.word(keys.hiddenAct, 'gelu'),
    hiddenDropoutProb,
    attentionProbsDropoutProb: fields.rate(keys.attentionDropout, 0.1),
    classifierDropout: fields.has(keys.classifierDropout)
      ? fields.rate(keys.classifierDropout, hiddenDropoutProb)
      : (defaults.classifierDropout ?? hiddenDropoutProb),
    maxPositionEmbeddings: fields.size('max_position_embeddings', 512, 1_000_000),
    typeVocabSize: fields.size('type_vocab_size', 2, 10_000),
    vocabSize,
    layerNormEps: fields.number(
      'layer_norm_eps',
      1e-12,
      (x) => x > 0 && x < 1,
      () => 'a number between 0 and 1',
    ),
    initializerRange: fields.number(
      'initializer_range',
      0.02,
      (x) => x >= 0 && x <= 10,
      () => 'a number from 0 to 10',
    ),
    padTokenId: fields.has('pad_token_id')
      ? fields.integer('pad_token_id', 0, 0, vocabSize - 1, ' (below vocab_size)')
      : defaults.padTokenId,
    id2label: labels,
    label2id: labels && new Map(labels.map((label, id) => [label, id])),
    numLabels: parseNumLabels(fields, labels),
    problemType: parseProblemType(fields),
    raw: json,
  };
}

/** What a `config.json` says of a classifier's labels and texts, whatever encoder it has. */
export interface ClassifierFacts extends Pick<
  ModelConfig,
  'id2label' | 'numLabels' | 'problemType' | 'padTokenId' | 'vocabSize' | 'typeVocabSize'
> {
  /** The most tokens of a text, as far as the file tells. */
  readonly positions: number;
}

/** Encoders of RoBERTa's kind, whose tables of positions begin with rows for padding. */
const AFTER_PADDING = /roberta|camembert|longformer|data2vec|mpnet/;

/**
 * Reads what has to be known of a model that somebody else computes, such as one that was exported as ONNX.
 *
 * @param name What to call the file in an error.
 */
export function parseClassifierFacts(json: unknown, name: string): ClassifierFacts {
  if (!isObject(json)) throw new ModelError(`${name} is ${kindOf(json)}, expected an object.`);
  const fields = new Fields(json, name);
  const id2label = parseLabels(fields);
  const type = fields.get('model_type');
  const isAfterPadding = typeof type === 'string' && AFTER_PADDING.test(type);
  const vocabSize = fields.has('vocab_size') ? fields.size('vocab_size', 1, 10_000_000) : Infinity;
  const padTokenId = fields.has('pad_token_id')
    ? fields.integer('pad_token_id', 0, 0, vocabSize - 1)
    : Number(isAfterPadding);
  const rows = fields.has('max_position_embeddings')
    ? fields.size('max_position_embeddings', 1, 1_000_000)
    : Infinity;
  return {
    id2label,
    numLabels: parseNumLabels(fields, id2label),
    problemType: parseProblemType(fields),
    padTokenId,
    // Where the file says nothing of types, it is a model without them: RoBERTa's one, or DistilBERT's none.
    typeVocabSize: fields.size('type_vocab_size', type === 'bert' ? 2 : 1, 10_000),
    vocabSize,
    positions: isAfterPadding ? rows - padTokenId - 1 : rows,
  };
}

/** The fields of a config with their checks. An absent field has its default; null counts as absent by `has` only. */
class Fields {
  constructor(
    private readonly json: Record<string, unknown>,
    private readonly name: string,
  ) {}

  /** The field's own value; never one of `Object.prototype`. */
  get(key: string): unknown {
    return Object.hasOwn(this.json, key) ? this.json[key] : undefined;
  }

  /** Whether the field is there and not null: what Python's `None` means for an optional field. */
  has(key: string): boolean {
    return (this.get(key) ?? undefined) !== undefined;
  }

  error(key: string, expected: string): ModelError {
    return new ModelError(`${this.name}: ${key} is ${show(this.get(key))}, expected ${expected}.`);
  }

  fault(text: string): ModelError {
    return new ModelError(`${this.name}: ${text}`);
  }

  number(key: string, otherwise: number, ok: (x: number) => boolean, expected: () => string): number {
    const value = this.get(key) === undefined ? otherwise : this.get(key);
    if (typeof value !== 'number' || !Number.isFinite(value) || !ok(value)) throw this.error(key, expected());
    return value;
  }

  integer(key: string, otherwise: number, min: number, max: number, why = ''): number {
    // Only for an error: the first number written for a locale takes 16 ms.
    const expected = (): string => `a whole number from ${min} to ${max.toLocaleString('en-US')}${why}`;
    return this.number(key, otherwise, (x) => Number.isInteger(x) && x >= min && x <= max, expected);
  }

  size(key: string, otherwise: number, max: number): number {
    return this.integer(key, otherwise, 1, max);
  }

  rate(key: string, otherwise: number): number {
    return this.number(
      key,
      otherwise,
      (x) => x >= 0 && x < 1,
      () => 'a rate of at least 0 and below 1',
    );
  }

  word(key: string, otherwise: string): string {
    const value = this.get(key) === undefined ? otherwise : this.get(key);
    if (typeof value !== 'string' || value === '') throw this.error(key, 'a name');
    return value;
  }
}

function parseModelType(fields: Fields): ModelType {
  const type = fields.get('model_type');
  if (isModelType(type)) return type;
  // Files of 2019 have no model_type; the class that wrote them tells.
  const architectures = fields.get('architectures');
  const writer: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  const old = typeof writer === 'string' && writer.startsWith('Bert');
  if (!fields.has('model_type') && old) return 'bert';
  throw fields.error('model_type', `one of those that can be trained so far: ${MODEL_TYPES.join(', ')}`);
}

/** Refuses the BERTs that compute something else than the encoder that is built here. */
function refuseOtherKinds(fields: Fields): void {
  for (const key of ['is_decoder', 'add_cross_attention', 'is_encoder_decoder']) {
    if (fields.has(key) && fields.get(key) !== false)
      throw fields.error(key, 'false: only encoders can be trained');
  }
  if (fields.has('position_embedding_type') && fields.get('position_embedding_type') !== 'absolute') {
    throw fields.error('position_embedding_type', '"absolute"');
  }
  const pruned = fields.get('pruned_heads') ?? {};
  if (!isObject(pruned) || Object.keys(pruned).length > 0) throw fields.error('pruned_heads', 'none');
}

/** The labels by id, from `id2label`, `label2id` or both where they agree. */
function parseLabels(fields: Fields): string[] | undefined {
  const byId = fields.has('id2label') ? parseId2Label(fields) : undefined;
  const byLabel = fields.has('label2id') ? parseLabel2Id(fields) : undefined;
  if (byId && byLabel) {
    const wrong = byId.findIndex((label, id) => byLabel[id] !== label);
    if (wrong >= 0 || byId.length !== byLabel.length) {
      const id = wrong >= 0 ? wrong : byId.length;
      throw fields.fault(
        `id2label and label2id disagree: ${id} is ${show(byId[id])} in id2label and ${show(byLabel[id])} in ` +
          'label2id; correct one of them.',
      );
    }
  }
  return byId ?? byLabel;
}

function parseId2Label(fields: Fields): string[] {
  const value = fields.get('id2label');
  if (!isObject(value))
    throw fields.error('id2label', 'an object such as {"0": "negative", "1": "positive"}');
  const entries = Object.entries(value);
  if (entries.length === 0) throw fields.error('id2label', 'at least one label');
  const seen = new Set<string>();
  return entries.map((_, id) => {
    const label = Object.hasOwn(value, String(id)) ? value[String(id)] : undefined;
    if (label === undefined) {
      throw fields.fault(
        `id2label has ${plural(entries.length, 'label')} but no "${id}"; expected ids from 0 without gaps.`,
      );
    }
    if (typeof label !== 'string')
      throw fields.fault(`id2label "${id}" is ${show(label)}, expected a string.`);
    if (seen.has(label))
      throw fields.fault(`id2label names ${quote(label)} twice; expected one id per label.`);
    seen.add(label);
    return label;
  });
}

function parseLabel2Id(fields: Fields): string[] {
  const value = fields.get('label2id');
  if (!isObject(value)) throw fields.error('label2id', 'an object such as {"negative": 0, "positive": 1}');
  const entries = Object.entries(value);
  if (entries.length === 0) throw fields.error('label2id', 'at least one label');
  const labels = new Map<unknown, string>();
  for (const [label, id] of entries) {
    const inRange = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < entries.length;
    if (!inRange || labels.has(id)) {
      throw fields.fault(
        `label2id ${quote(label)} is ${show(id)}, expected ids from 0 to ${entries.length - 1}, each once.`,
      );
    }
    labels.set(id, label);
  }
  return entries.map((_, id) => labels.get(id)!);
}

function parseNumLabels(fields: Fields, labels: readonly string[] | undefined): number | undefined {
  if (!fields.has('num_labels')) return labels?.length;
  const value = fields.size('num_labels', 2, 1_000_000);
  if (labels && labels.length !== value) {
    throw fields.error('num_labels', `${labels.length}, the number of labels in the same file`);
  }
  return value;
}

function parseProblemType(fields: Fields): ProblemType | undefined {
  if (!fields.has('problem_type')) return undefined;
  const type = PROBLEM_TYPES.find((known) => known === fields.get('problem_type'));
  if (!type) throw fields.error('problem_type', PROBLEM_TYPES.map((known) => `"${known}"`).join(' or '));
  return type;
}

/**
 * The `config.json` of a classifier made from a model: the original's fields, with the head's in transformers' own
 * spelling, and the dropout rates of `config` (which may differ from the original's).
 */
export function writeModelConfig(
  config: ModelConfig,
  head: {
    readonly className: string;
    readonly id2label?: readonly string[];
    /** Of the weights beside it. @default 'float32' */
    readonly dtype?: 'float32' | 'float16';
    /** @default single_label_classification */
    readonly problemType?: ProblemType;
  },
): Record<string, unknown> {
  // num_labels is left out, as transformers does: id2label says it.
  const { num_labels: _numLabels, ...kept } = config.raw;
  const { keys, defaults } = SPELLINGS[config.modelType];
  const { dtype = 'float32' } = head;
  // Of those that say nothing, it is what transformers takes: as the encoder's, or a number of its own.
  const usual = defaults.classifierDropout ?? config.hiddenDropoutProb;
  const isUsual = typeof kept[keys.classifierDropout] !== 'number' && config.classifierDropout === usual;
  return {
    ...kept,
    architectures: [head.className],
    model_type: config.modelType,
    [keys.hiddenDropout]: config.hiddenDropoutProb,
    [keys.attentionDropout]: config.attentionProbsDropoutProb,
    [keys.classifierDropout]:
      isUsual && defaults.classifierDropout === undefined ? null : config.classifierDropout,
    ...(head.id2label && {
      id2label: Object.fromEntries(head.id2label.map((label, id) => [String(id), label])),
      label2id: Object.fromEntries(head.id2label.map((label, id) => [label, id])),
      problem_type: head.problemType ?? 'single_label_classification',
    }),
    // "torch_dtype" until transformers 4, which 5 reads too; "dtype" only where the original has it.
    ...('dtype' in kept && { dtype }),
    ...(('torch_dtype' in kept || !('dtype' in kept)) && { torch_dtype: dtype }),
  };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return show(value);
}
