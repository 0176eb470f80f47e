/**
 * The encoder of BERT (Devlin et al. 2018, arXiv 1810.04805), which its family shares but for names and a few details:
 * layers of attention and a feed-forward part, each added to what it read and normalised after.
 *
 * In comments: B batch, S tokens in a text, T = B x S, H hidden size, A heads, D = H / A, I intermediate size.
 */
import {
  add,
  cast,
  constant,
  gather,
  gemm,
  layerNorm,
  mul,
  oneHot,
  range,
  reshape,
  slice,
  subFrom,
  transpose,
} from '../graph/build.js';
import type { Value } from '../graph/types.js';
import type { EncoderConfig } from './config.js';
import type { Dropout } from './dropout.js';
import { attention, feedForward, joinLinear, linear, type LinearParameters } from './layers.js';
import type { Parameters } from './parameters.js';

/** Added to the scores of padding; exp of it is exactly 0 in float32. */
const PADDING_SCORE = -1e9;

export interface EncoderInputs {
  readonly inputIds: Value; // int64 [B, S]
  readonly attentionMask: Value; // int64 [B, S]
  readonly tokenTypeIds: Value; // int64 [B, S]
}

export interface EncoderOutputs {
  /** [T, H] after the embeddings and after each layer; of the last layer only the [CLS] rows, [B, H], by `rows`. */
  readonly hiddenStates: readonly Value[];
  /** The last of them. */
  readonly last: Value;
}

export interface EncoderOptions {
  /** Whether the graph will be differentiated. */
  readonly training: boolean;
  /** Absent in evaluation, and when nothing is dropped. */
  readonly dropout?: Dropout;
  /** What is needed of the last layer: the first row of each text, or all. */
  readonly rows: 'cls' | 'all';
  /** What is read in the place of the word embeddings, [B, S, H], from their table. @default the rows of `input_ids` */
  readonly words?: (table: Value, inputIds: Value) => Value;
}

/** What a member of the family calls its parts, and where it differs. Names are relative to the encoder's prefix. */
export interface EncoderFamily {
  /** The name of a layer by its number. */
  readonly layer: (index: number) => string;
  /** Names within a layer. */
  readonly names: Readonly<
    Record<'query' | 'key' | 'value' | 'attended' | 'attendedNorm' | 'inner' | 'outer' | 'norm', string>
  >;
  readonly tokenTypes: boolean;
  /** The row of the position table that a text's first token has. */
  readonly firstPosition: (config: EncoderConfig) => number;
  /** Whether what attention gives is dropped before it is added. */
  readonly dropsAttended: boolean;
}

/** Adds the encoder to the graph of `parameters`; names begin with `prefix`, such as `bert.`. */
export function buildEncoderOf(
  family: EncoderFamily,
  parameters: Parameters,
  prefix: string,
  config: EncoderConfig,
  inputs: EncoderInputs,
  options: EncoderOptions,
): EncoderOutputs {
  const drop = (x: Value): Value => options.dropout?.hidden(x) ?? x;
  const mask = cast(inputs.attentionMask, 'float32'); // [B, S]
  const bias = reshape(mul(subFrom(1, mask), PADDING_SCORE), ['B', 1, 1, 'S']); // [B, 1, 1, S]

  let x = drop(embeddings(family, parameters, `${prefix}embeddings`, config, inputs, options)); // [T, H]
  const hiddenStates = [x];
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const last = options.rows === 'cls' && layer === config.numHiddenLayers - 1;
    x = encoderLayer(family, parameters, `${prefix}${family.layer(layer)}`, config, x, bias, last, options);
    hiddenStates.push(x);
  }
  return { hiddenStates, last: x };
}

/** Word, position and token type, summed and normalised: [T, H]. */
function embeddings(
  family: EncoderFamily,
  parameters: Parameters,
  name: string,
  config: EncoderConfig,
  inputs: EncoderInputs,
  { words = gather }: EncoderOptions,
): Value {
  const H = config.hiddenSize;
  const table = (kind: string, rows: number): Value =>
    parameters.get(`${name}.${kind}_embeddings.weight`, [rows, H], 'weight');
  const word = words(table('word', config.vocabSize), inputs.inputIds); // [B, S, H]
  const rows = config.maxPositionEmbeddings;
  const first = family.firstPosition(config);
  const positions = table('position', rows);
  const read = first === 0 ? positions : slice(positions, 0, first, rows);
  const placed = reshape(add(word, gather(read, range(word.graph, 'S'))), ['B*S', H]); // [T, H]
  const sum = family.tokenTypes ? add(placed, tokenTypes(table, config, inputs)) : placed; // [T, H]
  const norm = parameters.norm(`${name}.LayerNorm`, H);
  return layerNorm(sum, norm.weight, norm.bias, config.layerNormEps);
}

/**
 * Rows of the token type table: [T, H]. As a product with ones and zeros, since there are two or three types: the
 * gradient of a lookup would add every token's row to one of two, one after another.
 */
function tokenTypes(
  table: (kind: string, rows: number) => Value,
  { typeVocabSize }: EncoderConfig,
  { tokenTypeIds }: EncoderInputs,
): Value {
  const ones = reshape(oneHot(tokenTypeIds, typeVocabSize), ['B*S', typeVocabSize]); // [T, types]
  return gemm(ones, table('token_type', typeVocabSize)); // [T, H]
}

/**
 * One layer: [T, H] -> [T, H]. Only the [CLS] row of the last layer reaches the pooler, so there its queries,
 * attention output and feed-forward part are computed for that row alone: [T, H] -> [B, H], the same result.
 */
function encoderLayer(
  { names, dropsAttended }: EncoderFamily,
  parameters: Parameters,
  name: string,
  config: EncoderConfig,
  x: Value,
  bias: Value,
  last: boolean,
  { dropout, training }: EncoderOptions,
): Value {
  const H = config.hiddenSize;
  const A = config.numAttentionHeads;
  const D = H / A;
  const projection = (part: 'query' | 'key' | 'value' | 'attended'): LinearParameters =>
    parameters.linear(`${name}.${names[part]}`, H, H);
  const [query, key, value] = [projection('query'), projection('key'), projection('value')];
  const norm = (part: 'attendedNorm' | 'norm', sum: Value): Value => {
    const { weight, bias: shift } = parameters.norm(`${name}.${names[part]}`, H);
    return layerNorm(sum, weight, shift, config.layerNormEps);
  };
  const drop = (y: Value): Value => dropout?.hidden(y) ?? y;

  // [T, n H] -> [B, S, n, A, D] -> [n, B, A, S, D]
  const project = (layers: LinearParameters[]): Value => {
    const flat = linear(x, joinLinear(layers));
    return transpose(reshape(flat, ['B', 'S', layers.length, A, D]), [2, 0, 3, 1, 4]);
  };
  const asking = last ? clsRows(x, H) : x; // [Q B, H], Q = 1 or S
  const Q = last ? 1 : 'S';
  const context = attention({
    packed: project(last ? [key, value] : [query, key, value]),
    // With one query for each text the axes of [B, H] need no transposition to become [B, A, 1, D].
    ...(last && { queries: reshape(linear(asking, query), ['B', A, 1, D]) }),
    bias,
    mask: dropout?.attentionMask(['B', A, Q, 'S']),
  }); // [B, A, Q, D]
  const joined = reshape(transpose(context, [0, 2, 1, 3]), asking.shape); // [Q B, H]
  const output = linear(joined, projection('attended'));
  const attended = dropsAttended ? drop(output) : output;
  const middle = norm('attendedNorm', add(attended, asking));
  const inner = parameters.linear(`${name}.${names.inner}`, config.intermediateSize, H);
  const outer = parameters.linear(`${name}.${names.outer}`, H, config.intermediateSize);
  const fed = drop(feedForward(middle, inner, outer, config.hiddenAct, training));
  return norm('norm', add(fed, middle));
}

/** The first row of each text: [T, H] -> [B, H]. */
function clsRows(x: Value, H: number): Value {
  return gather(reshape(x, ['B', 'S', H]), constant(x.graph, 'int64', [], [0]), 1);
}
