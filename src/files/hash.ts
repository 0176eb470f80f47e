import { createHash } from 'node:crypto';
import { isFolder, openBytes } from './read.js';
import { textFilesIn } from './text-folder.js';

/** SHA-256 of a file's bytes as they are, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of openBytes(path, { gunzip: false })) hash.update(block);
  return hash.digest('hex');
}

/** The same of data: for a folder with a folder for each class, of the paths and texts in it. */
export async function sha256OfData(path: string): Promise<string> {
  if (!(await isFolder(path))) return sha256OfFile(path);
  const hash = createHash('sha256');
  for await (const { path: file, text } of textFilesIn(path)) {
    hash.update(JSON.stringify([file, text]));
  }
  return hash.digest('hex');
}

/** The same of what is in memory, in this order. */
export function sha256Of(parts: Iterable<string | ArrayBufferView>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'string' ? part : bytesOf(part));
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
