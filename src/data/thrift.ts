/**
 * Structs of Thrift's compact protocol, as Parquet's headers are written, read for their numbers alone. Nothing is kept of a
 * list, and none may promise more entries than there are bytes: the decoder proper makes room for what a list promises.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** A struct's fields by their ids. What is neither a number, a switch nor a struct is undefined, 64-bit numbers too. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = number | boolean | ThriftStruct | undefined;

/** Parquet's own structs nest less than half as deep. */
const DEPTH = 32;

/** Bytes, and the place in them that is read next. */
export class ByteCursor {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public offset = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** @throws {RangeError} at the end. */
  byte(): number {
    return this.#view.getUint8(this.offset++);
  }

  uint32(): number {
    const value = this.#view.getUint32(this.offset, true);
    this.offset += 4;
    return value;
  }

  /** An unsigned number in groups of 7 bits, kept to 32 bits as the decoder keeps it. */
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
  }

  /** A signed number, whose sign is its lowest bit. */
  zigzag(): number {
    const value = this.varint();
    return (value >>> 1) ^ -(value & 1);
  }
}

/**
 * Reads the struct at the cursor and leaves the cursor behind it.
 *
 * ```ts
 * thriftStruct(new ByteCursor(Uint8Array.of(0x15, 0x04, 0))); // Map(1) { 1 => 2 }
 * ```
 *
 * @throws {Error} when a list or a string promises more than there is, or structs are nested deeper than any of Parquet's.
 */
export function thriftStruct(cursor: ByteCursor, depth = 0): ThriftStruct {
  if (depth > DEPTH) throw new Error(`a header with structs in structs, more than ${DEPTH} deep`);
  const fields = new Map<number, ThriftValue>();
  for (let id = 0; ;) {
    const byte = cursor.byte();
    if ((byte & 15) === 0) return fields;
    id = byte >> 4 ? id + (byte >> 4) : cursor.zigzag();
    fields.set(id, thriftValue(cursor, byte & 15, depth));
  }
}

function thriftValue(cursor: ByteCursor, type: number, depth: number): ThriftValue {
  switch (type) {
    case 1:
    case 2:
      return type === 1;
    case 3:
      return (cursor.byte() << 24) >> 24;
    case 4:
    case 5:
      return cursor.zigzag();
    case 6:
      cursor.varint();
      return undefined;
    case 7:
      cursor.offset += 8;
      return undefined;
    case 8: {
      const length = promised(cursor, 'a string', cursor.varint());
      cursor.offset += length;
      return undefined;
    }
    case 9: {
      const head = cursor.byte();
      const size = promised(cursor, 'a list', head >> 4 === 15 ? cursor.varint() : head >> 4);
      const inner = (head & 15) <= 2 ? 3 : head & 15; // switches in a list have a byte each
      for (let i = 0; i < size; i++) thriftValue(cursor, inner, depth + 1);
      return undefined;
    }
    case 12:
      return thriftStruct(cursor, depth + 1);
    default:
      throw new Error(`a header with a field of the unknown type ${type}`);
  }
}

/** A size that the bytes that are left can hold: no entry has less than one. */
function promised({ left }: ByteCursor, what: string, size: number): number {
  if (size >= 0 && size <= left) return size;
  throw new Error(`${what} of ${size >>> 0} in a header that has ${left} bytes more`);
}
