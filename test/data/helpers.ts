import type { DataSource, StreamSource } from '../../src/data/example.js';
import { readRows, type Row } from '../../src/data/table.js';

/** A file of the given content that arrives in chunks of `chunk` bytes. */
export function sourceOf(name: string, content: string | Uint8Array, chunk = Infinity): StreamSource {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const format = name.slice(name.lastIndexOf('.') + 1) as StreamSource['format'];
  return { name, format, bytes: chunksOf(bytes, chunk) };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source is asynchronous, this one needs no waiting
async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

export async function rowsOf(source: DataSource): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(source)) rows.push(row);
  return rows;
}

/** The rows as [line, value, value, ...]. */
export async function tableOf(source: DataSource): Promise<unknown[][]> {
  return (await rowsOf(source)).map((row) => [row.line, ...row.values.values()]);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function bytesOf(...parts: (string | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...utf8(part)] : part)));
}
