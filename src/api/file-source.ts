/** Data as `data/` reads it, by its path. */
import { formatOf, type DataFormat, type DataSource } from '../data/example.js';
import { cachedDatasetFile, datasetFile } from '../hub/dataset.js';
import { isDatasetName } from '../hub/names.js';
import { exists, isFolder, openBytes, openStdin, withOpenFile } from '../files/read.js';
import { InterruptedError } from '../util/errors.js';
import { textFilesIn } from '../files/text-folder.js';

/** The path that means standard input. */
export const STDIN = '-';

/** Where data is: a name on the hub stands for a file in the cache. */
export async function localPath(path: string): Promise<string> {
  return isDatasetName(path) ? datasetFile(path) : path;
}

/** Whether data is on this machine. */
export async function isAtHand(path: string): Promise<boolean> {
  return isDatasetName(path) ? (await cachedDatasetFile(path)) !== undefined : exists(path);
}

/** Opens a file, a folder with a folder for each class, or standard input. */
export async function openData(name: string, signal?: AbortSignal): Promise<DataSource> {
  if (name === STDIN) return sniffed('standard input', untilStopped(signal));
  const path = await localPath(name);
  if (await isFolder(path)) return { name, format: 'folder', files: textFilesIn(path) };
  // Of a mistyped name it is said which one was meant, before anything of its ending.
  if (!(await exists(path))) await withOpenFile(path, () => Promise.resolve());
  const format = formatOf(name);
  if (format !== 'parquet') return { name, format, bytes: openBytes(path) };
  const byteLength = await withOpenFile(path, async ({ size }) => Promise.resolve(size));
  const slice = (start: number, end = byteLength): Promise<ArrayBuffer> =>
    withOpenFile(path, async (file) => {
      const bytes = await file.read(start < 0 ? byteLength + start : start, end);
      return bytes.buffer as ArrayBuffer;
    });
  return { name, format, file: { byteLength, slice } };
}

/** Standard input, until whoever waits for it has had enough. */
async function* untilStopped(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* openStdin(signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new InterruptedError('stopped while standard input was read; nothing was saved.', { cause: error });
  }
}

/** What has no name is told by how it begins: JSON by its brackets, else a table. */
async function sniffed(name: string, bytes: AsyncGenerator<Uint8Array>): Promise<DataSource> {
  const { value: first } = (await bytes.next()) as { value?: Uint8Array };
  async function* all(): AsyncGenerator<Uint8Array> {
    if (first) yield first;
    yield* bytes;
  }
  const start = new TextDecoder().decode(first?.subarray(0, 256)).trimStart();
  const format: Exclude<DataFormat, 'parquet'> = start.startsWith('[')
    ? 'json'
    : start.startsWith('{')
      ? 'jsonl'
      : 'csv';
  return { name, format, bytes: all() };
}
