/**
 * @file The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes.
 * https://github.com/huggingface/safetensors#format. Everything is checked before anyone allocates by it.
 */

import { InternalError, ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { quote, show } from '../util/show.js';
import { findStrictJsonFault } from './json-text.js';
import { sniffOtherFormat } from './sniff.js';
import { bitsOf, isDtype, type Dtype } from './tensor-bytes.js';
import { plural } from '../util/wording.js';

export { firstNotFinite, readTensorAsFloat32, type Dtype } from './tensor-bytes.js';

/** The 8 bytes of the header's length. */
const PREFIX = 8;
/** The Rust crate's limit; a real header of 1,000 tensors is about 0.1 MB. */
const MAX_HEADER = 100_000_000;

/** Where a tensor lies. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Offset of its first byte in the file. */
  readonly start: number;
  /** Offset behind its last byte in the file. */
  readonly end: number;
}

/** What a safetensors file holds. */
export interface SafetensorsHeader {
  /** By name, in the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Offset of the first tensor's first byte: 8 + the header's length. */
  readonly dataStart: number;
}

/**
 * How many bytes from the start of a file `parseSafetensorsHeader` needs.
 *
 * @param bytes The first bytes of the file: at least 8 where it has so many. With 512, a file of another kind
 *   (a Git LFS pointer, a web page, a PyTorch file) is called by its name in the error.
 */
export function safetensorsHeaderSize(bytes: Uint8Array, fileSize: number, name: string): number {
  if (fileSize === 0) throw new ModelError(`${name} is empty (0 bytes): download it again.`);
  // A header starts with "{"; where it does, the first 8 bytes are a length whatever they look like.
  const other = bytes[PREFIX] === 0x7b ? undefined : sniffOtherFormat(bytes);
  if (other !== undefined) throw new ModelError(`${name} ${other}`);
  if (fileSize < PREFIX) {
    throw new ModelError(
      `${name} is cut: ${plural(fileSize, 'byte')}, shorter than any safetensors file; download it again.`,
    );
  }
  if (bytes.length < PREFIX) throw new InternalError(`${name}: ${bytes.length} bytes given, 8 needed`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, PREFIX).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    throw new ModelError(
      `${name} is not a safetensors file, or is damaged: its first 8 bytes give a header of ${count(length)} bytes, ` +
        `expected at most ${count(MAX_HEADER)}; download it again.`,
    );
  }
  const size = PREFIX + Number(length);
  if (size > fileSize) {
    throw new ModelError(
      `${name} is cut: ${count(fileSize)} of at least ${count(size)} bytes; download it again.`,
    );
  }
  if (length < 2n) {
    throw new ModelError(`${name} is damaged: its header has ${Number(length)} bytes; download it again.`);
  }
  return size;
}

/**
 * Reads and checks a header: everything that the Rust crate's `validate()` checks, plus keys given twice.
 * A header that passes has tensors that cover the file's bytes exactly, each with the size of its shape.
 *
 * @param bytes At least the first `safetensorsHeaderSize()` bytes of the file.
 * @param fileSize The size of the whole file in bytes.
 * @param name What to call the file in an error.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, fileSize: number, name: string): SafetensorsHeader {
  const dataStart = safetensorsHeaderSize(bytes, fileSize, name);
  if (bytes.length < dataStart)
    throw new InternalError(`${name}: ${bytes.length} bytes given, ${dataStart} needed`);
  const header = parseJson(bytes.subarray(PREFIX, dataStart), name);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: [string, TensorInfo][] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') metadata = parseMetadata(value, name);
    else entries.push([key, parseEntry(value, dataStart, `${name}: tensor ${quote(key)}`)]);
  }
  // By start, then end: an empty tensor comes before the one that starts at the same byte.
  entries.sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  const end = checkContiguous(entries, dataStart, name);
  if (fileSize < end) {
    throw new ModelError(`${name} is cut: ${count(fileSize)} of ${count(end)} bytes; download it again.`);
  }
  if (fileSize > end) {
    throw new ModelError(
      `${name} has ${count(fileSize)} bytes, but its tensors end at byte ${count(end)}; download it again.`,
    );
  }
  return { tensors: new Map(entries), metadata, dataStart };
}

function parseJson(bytes: Uint8Array, name: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b) {
    throw new ModelError(
      `${name} is not a safetensors file, or is damaged: its header starts with byte 0x` +
        `${bytes[0]!.toString(16).padStart(2, '0')}, expected "{"; download it again.`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelError(`${name} is damaged: its header is not UTF-8; download it again.`, { cause });
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new ModelError(`${name} is damaged: its header is not JSON; download it again.`, { cause });
  }
  const fault = findStrictJsonFault(text);
  if (fault !== undefined) throw new ModelError(`${name} is malformed: its header holds ${fault}.`);
  return header as Record<string, unknown>;
}

function parseMetadata(value: unknown, name: string): ReadonlyMap<string, string> {
  if (value === null) return new Map();
  if (!isObject(value)) {
    throw new ModelError(`${name}: __metadata__ is ${show(value)}, expected an object of strings.`);
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new ModelError(`${name}: __metadata__ ${quote(key)} is ${show(text)}, expected a string.`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

/** One tensor's entry, with its size checked against its shape. */
function parseEntry(value: unknown, dataStart: number, where: string): TensorInfo {
  if (!isObject(value)) {
    throw new ModelError(
      `${where} is ${show(value)}, expected an object with dtype, shape and data_offsets.`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw new ModelError(
      `${where}: dtype is ${show(dtype)}, expected F32, F16, BF16 or another of safetensors' types.`,
    );
  }
  if (!isSizes(shape)) {
    throw new ModelError(
      `${where}: shape is ${show(shape)}, expected a list of whole numbers from 0 to 2^53 - 1.`,
    );
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new ModelError(
      `${where}: data_offsets is ${show(offsets)}, expected two whole numbers from 0 to 2^53 - 1.`,
    );
  }
  const [from, to] = offsets as [number, number];
  if (to < from) throw new ModelError(`${where}: data_offsets is [${from},${to}]: it ends before it starts.`);
  const size = sizeInBytes(dtype, shape, where);
  if (to - from !== size) {
    throw new ModelError(
      `${where}: ${dtype} ${show(shape)} takes ${count(size)} bytes, but data_offsets [${from},${to}] give ` +
        `${count(to - from)}.`,
    );
  }
  if (!Number.isSafeInteger(dataStart + to)) {
    throw new ModelError(`${where}: data_offsets end at ${to}, beyond any file.`);
  }
  return { dtype, shape, start: dataStart + from, end: dataStart + to };
}

/** product(shape) x width. Each product on the way is checked, so that no overflow can wrap to a small size. */
function sizeInBytes(dtype: Dtype, shape: readonly number[], where: string): number {
  let bits = 1;
  for (const factor of [...shape, bitsOf(dtype)]) {
    bits *= factor;
    if (!Number.isSafeInteger(bits)) throw new ModelError(`${where}: ${dtype} ${show(shape)} is too large.`);
  }
  if (bits % 8 !== 0)
    throw new ModelError(`${where}: ${dtype} ${show(shape)} takes ${bits} bits, no whole bytes.`);
  return bits / 8;
}

/** Checks that the tensors (sorted) follow each other without gap or overlap; returns where the last one ends. */
function checkContiguous(entries: readonly [string, TensorInfo][], dataStart: number, name: string): number {
  let end = dataStart;
  let before = 'the header';
  for (const [key, { start, end: next }] of entries) {
    if (start !== end) {
      const fault =
        start > end
          ? `${count(start - end)} unused bytes lie between ${before} and it`
          : `it overlaps ${before}`;
      throw new ModelError(
        `${name}: tensor ${quote(key)} starts at byte ${start} of the file, expected ${end}: ${fault}.`,
      );
    }
    end = next;
    before = `tensor ${quote(key)}`;
  }
  return end;
}

/** A tensor to be written. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: 'F32' | 'F16';
  readonly shape: readonly number[];
}

/**
 * The start of a safetensors file (length and header) for tensors that follow in this order, without gaps; so a
 * contiguous float32 buffer is saved as this header and one write. Padded with spaces to a multiple of 8 bytes, so
 * that the tensors lie aligned.
 */
export function encodeSafetensorsHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array {
  const names = new Set(['__metadata__']);
  // Text is joined by hand: an object would move names such as "0" to the front and lose "__proto__".
  const parts = [`"__metadata__":${JSON.stringify(metadata)}`];
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name)) throw new InternalError(`two tensors are called ${quote(name)}`);
    names.add(name);
    const end = offset + sizeInBytes(dtype, shape, `tensor ${quote(name)}`);
    parts.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const text = new TextEncoder().encode(`{${parts.join(',')}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(PREFIX + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, PREFIX);
  return bytes;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function count(n: number | bigint): string {
  return n.toLocaleString('en-US');
}
