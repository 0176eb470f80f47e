/**
 * TensorBoard's event files: records of TFRecord (length, masked checksum, data, masked checksum), each an `Event` of
 * tensorflow/core/util/event.proto with scalars. Field numbers are that file's and `summary.proto`'s.
 */
import { PbfWriter } from 'pbf';
import { crc32c } from './crc32c.js';

/** Values at one step, by their names such as `train/loss`. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** The record that a file begins with. */
export function eventFileStart(wallTime: number): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  event.writeStringField(3, 'brain.Event:2');
  return record(event.finish());
}

/** A record of scalars. */
export function scalarRecord({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  if (step !== 0) event.writeVarintField(2, step); // 0 is what an absent field means
  event.writeMessage(5, writeSummary, scalars);
  return record(event.finish());
}

function writeSummary(scalars: ScalarEvent['scalars'], pbf: PbfWriter): void {
  for (const entry of Object.entries(scalars)) pbf.writeMessage(1, writeValue, entry);
}

function writeValue([tag, value]: [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, tag);
  pbf.writeFloatField(2, value);
}

/** The framing of tensorflow/core/lib/io/record_writer.h: numbers are little-endian. */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** A checksum of data that may hold checksums itself is rotated and shifted (tensorflow/core/lib/hash/crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
