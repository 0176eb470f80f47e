import { createHash } from 'node:crypto';
import { openBytes } from './read.js';

/** SHA-256 of a file's bytes as they are, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of openBytes(path, { gunzip: false })) hash.update(block);
  return hash.digest('hex');
}
