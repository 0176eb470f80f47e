/** A file as `data/` reads it. */
import { formatOf, type DataSource } from '../data/example.js';
import { openBytes } from '../files/read.js';

export function fileSource(path: string): DataSource {
  return { name: path, format: formatOf(path), bytes: openBytes(path) };
}
