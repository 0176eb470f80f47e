/**
 * Numbers as Parquet's DELTA_BINARY_PACKED keeps them: blocks of differences, packed by the bit.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import type { ByteCursor } from './thrift.js';

/** So many 32-bit numbers. @throws {Error} for blocks of no size and numbers that are wider */
export function deltaNumbers(cursor: ByteCursor, count: number): Int32Array {
  const [block, parts] = [cursor.varint(), cursor.varint()];
  cursor.varint(); // how many there are, which the page has said
  const perPart = block / parts;
  if (!Number.isInteger(perPart) || perPart < 1) throw new Error(`blocks of ${block} numbers in ${parts} parts`);
  const numbers = new Int32Array(count);
  let value = cursor.zigzag();
  numbers[0] = value;
  for (let at = 1; at < count;) {
    const least = cursor.zigzag();
    const widths = Array.from({ length: Math.min(parts, cursor.left) }, () => cursor.byte());
    if (widths.length < parts) throw new Error(`${parts} parts of a block, where ${widths.length} bytes are left`);
    for (const width of widths) {
      if (at >= count) break;
      if (width > 32) throw new Error(`lengths of ${width} bits`);
      const end = cursor.offset + (perPart * width) / 8;
      for (let i = 0, bit = 0; i < perPart && at < count; i++, bit += width) {
        value = (value + least + bits(cursor, bit, width)) | 0;
        numbers[at++] = value;
      }
      cursor.offset = end;
    }
  }
  return numbers;
}

/** `width` bits from the bit `from` behind the cursor on, the lowest first. */
function bits({ bytes, offset }: ByteCursor, from: number, width: number): number {
  let value = 0;
  for (let done = 0; done < width;) {
    const at = from + done;
    const taken = Math.min(8 - (at & 7), width - done);
    value |= (((bytes[offset + (at >> 3)] ?? 0) >> (at & 7)) & ((1 << taken) - 1)) << done;
    done += taken;
  }
  return value;
}
