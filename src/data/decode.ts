import { DataError } from '../util/errors.js';
import { mistakenFor } from '../util/mistaken.js';
import { excerpt } from '../util/wording.js';
import type { StreamSource } from './example.js';
import { gunzipIfNeeded } from './gunzip.js';

const NEWLINE = 0x0a;
const FIX = 'Save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")';

/**
 * Decodes a file strictly as UTF-8, in blocks that each end after a line feed (the last one may not).
 *
 * Cutting at line feeds makes each block decodable by itself, as a line feed is never part of a longer
 * character; so a bad byte is found by decoding the block's lines one by one.
 *
 * ```ts
 * for await (const block of decodeUtf8({ name: 'a.csv', bytes })) lines.push(...block.split('\n'));
 * ```
 */
export async function* decodeUtf8(source: Pick<StreamSource, 'name' | 'bytes'>): AsyncGenerator<string> {
  const { name } = source;
  let line = 1; // the line on which the next block begins
  let first = true;
  for await (const bytes of wholeLines(gunzipIfNeeded(name, source.bytes))) {
    if (first) refuseUtf16(name, bytes);
    let text = decodeBlock(name, line, bytes);
    const other = first ? mistakenFor(text.slice(0, 128)) : undefined;
    if (other !== undefined) throw new DataError(`${name} ${other}`);
    if (first && text.startsWith('\uFEFF')) text = text.slice(1);
    first = false;
    const nul = text.indexOf('\0');
    if (nul >= 0) {
      throw new DataError(
        `${name}, line ${line + countLineBreaks(text.slice(0, nul))}: a NUL byte. ` +
          `This is not plain text (a binary file, or UTF-16). ${FIX}.`,
      );
    }
    yield text;
    line += countLineBreaks(text);
  }
}

/** The lines of a text, without their ends; one that the text ends in the middle of counts too. */
export async function* decodeLines(source: Pick<StreamSource, 'name' | 'bytes'>): AsyncGenerator<string> {
  let rest = '';
  for await (const block of decodeUtf8(source)) {
    const lines = (rest + block).split(/\r?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * How many line breaks a text has: line feed, carriage return, or both together.
 *
 * ```ts
 * countLineBreaks('a\r\nb\nc'); // 2
 * ```
 */
export function countLineBreaks(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === NEWLINE || (unit === 0x0d && text.charCodeAt(i + 1) !== NEWLINE)) count++;
  }
  return count;
}

/** Regroups chunks so that each ends after a line feed. */
async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = []; // the pieces of a line that has not ended yet
  for await (const chunk of chunks) {
    const cut = chunk.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) {
      pending.push(chunk.subarray(0, cut));
      yield concat(pending);
      pending = [];
    }
    // A copy: whoever reads the file may use the chunk's memory again.
    if (cut < chunk.length) pending.push(chunk.slice(cut));
  }
  if (pending.length > 0) yield concat(pending);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function refuseUtf16(name: string, bytes: Uint8Array): void {
  const mark = (bytes[0]! << 8) | (bytes[1] ?? 0);
  if (mark === 0xfffe || mark === 0xfeff) {
    throw new DataError(`${name} is UTF-16, where UTF-8 is expected. ${FIX}.`);
  }
}

function decodeBlock(name: string, firstLine: number, bytes: Uint8Array): string {
  try {
    return decodeStrictly(bytes);
  } catch (error) {
    throw badBytes(name, firstLine, bytes, error);
  }
}

// The byte order mark is dropped by hand: a decoder would drop one at the start of every block.
function decodeStrictly(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Finds the first line that does not decode. */
function badBytes(name: string, firstLine: number, bytes: Uint8Array, cause: unknown): DataError {
  let line = firstLine;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const part = bytes.subarray(start, end);
    try {
      line += countLineBreaks(decodeStrictly(part));
    } catch {
      const shown = new TextDecoder().decode(part);
      const at = shown.indexOf('\uFFFD');
      line += countLineBreaks(shown.slice(0, at)); // files whose lines end in carriage returns alone
      const near = excerpt(shown.slice(Math.max(0, at - 20), at + 20));
      return new DataError(
        `${name}, line ${line}: not valid UTF-8, near "${near}". ${FIX}; ` +
          `if it is Windows-1252: iconv -f WINDOWS-1252 -t UTF-8.`,
        { cause },
      );
    }
    start = end;
  }
  return new DataError(`${name}: not valid UTF-8. ${FIX}.`, { cause });
}
