/** What has to be known of an ONNX file before an engine is given it. Field numbers are those of onnx.proto. */
import { PbfReader } from 'pbf';
import { ModelError } from '../util/errors.js';
import { sniffOtherFormat } from './sniff.js';

export interface OnnxFacts {
  /** Its notes (`metadata_props`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** Other files that tensors of it are said to be in. */
  readonly externalFiles: ReadonlySet<string>;
}

interface Found {
  metadata: Map<string, string>;
  externalFiles: Set<string>;
  hasGraph: boolean;
}

type Field =
  'notes' | 'training' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'function' | 'place';

/** The fields by which each message leads to notes and tensors; all others are skipped, weights among them. */
const FIELDS: Readonly<Record<string, Readonly<Record<number, Field>>>> = {
  model: { 7: 'graph', 14: 'notes', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'place' },
};

/** Graphs within graphs within graphs: deeper than any real one is no model. */
const MAX_DEPTH = 64;

/**
 * Reads an ONNX file's notes, and which other files it refers to. Weights are passed over, so it takes no time.
 *
 * @param name what to call the file in an error
 */
export function readOnnxFacts(bytes: Uint8Array, name: string): OnnxFacts {
  const other = bytes.length === 0 ? 'is empty (0 bytes): download it again.' : sniffOtherFormat(bytes);
  if (other !== undefined) throw new ModelError(`${name} ${other}`);
  const found: Found = { metadata: new Map(), externalFiles: new Set(), hasGraph: false };
  let isWhole: boolean;
  try {
    const pbf = new PbfReader(bytes);
    readMessage(pbf, 'model', bytes.length, found, 0);
    isWhole = pbf.pos === bytes.length;
  } catch (cause) {
    throw new ModelError(`${name} is not an ONNX model, or is damaged: download it again.`, { cause });
  }
  if (isWhole && found.hasGraph) return found;
  throw new ModelError(
    `${name} is ${found.hasGraph ? 'cut' : 'not an ONNX model, or is damaged'}: download it again.`,
  );
}

function readMessage(pbf: PbfReader, message: string, end: number, found: Found, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  const fields = FIELDS[message]!;
  while (pbf.pos < end) {
    const head = pbf.readVarint();
    const field = (head & 7) === 2 ? fields[head >>> 3] : undefined;
    if (field === undefined) {
      pbf.skip(head);
      continue;
    }
    const size = pbf.readVarint();
    const inner = pbf.pos + size;
    if (field === 'graph') found.hasGraph = true;
    if (field === 'notes' || field === 'place') {
      const [key, value] = readPair(pbf, inner);
      if (field === 'notes') found.metadata.set(key, value);
      else if (key === 'location') found.externalFiles.add(value);
    } else readMessage(pbf, field, inner, found, depth + 1);
    if (pbf.pos !== inner) throw new RangeError('a field that ends behind its message');
  }
}

/** A StringStringEntryProto. */
function readPair(pbf: PbfReader, end: number): [key: string, value: string] {
  const pair: [string, string] = ['', ''];
  while (pbf.pos < end) {
    const head = pbf.readVarint();
    const number = head >>> 3;
    // A number where a text belongs is skipped, as an engine does: what is read here must be what it reads.
    if ((number === 1 || number === 2) && (head & 7) === 2) pair[number - 1] = pbf.readString();
    else pbf.skip(head);
  }
  return pair;
}
