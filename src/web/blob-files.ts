/** A model's files as Blobs: what a download and a file that somebody chose have in common. */
import type { ModelFiles } from '../checkpoint/model-files.js';
import { FileError, messageOf } from '../util/errors.js';
import { isDeeperThan, MOST_LEVELS } from '../util/objects.js';

/** @param find the file of that name; `undefined` where there is none */
export function blobFiles(
  name: string,
  find: (file: string) => Promise<Blob | undefined>,
  list: () => Promise<readonly string[]>,
  pathOf: (file: string) => string,
): ModelFiles {
  const get = async (file: string): Promise<Blob> => {
    const blob = await find(file);
    if (blob) return blob;
    throw new FileError(`${name} has no file ${file}.`);
  };
  return {
    ...{ name, pathOf, list },
    has: async (file) => (await find(file)) !== undefined,
    json: async (file) => parseJson(await (await get(file)).text(), pathOf(file)),
    bytes: async (file) => bytesOf(await get(file)),
    open: async (file, use) => {
      const blob = await get(file);
      return use({
        size: blob.size,
        read: (start, end) => bytesOf(blob.slice(start, end)),
        readInto: async (start, bytes) => {
          bytes.set(await bytesOf(blob.slice(start, start + bytes.length)));
        },
      });
    },
  };
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

function parseJson(text: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const what = text.trimStart().startsWith('<') ? 'a web page, not JSON' : 'not valid JSON';
    throw new FileError(`${path} is ${what}: is it the model's folder? (${messageOf(cause)})`, { cause });
  }
  if (!isDeeperThan(value, MOST_LEVELS)) return value;
  throw new FileError(`${path} has lists or objects within each other more than ${MOST_LEVELS} deep.`);
}
