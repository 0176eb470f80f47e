/** @file A folder with a folder for each class, and in these a file for each text, as the original IMDB reviews come. */

import { join } from 'node:path';
import { isFolder, listFolder, openBytes, readText } from './read.js';

export interface TextOfFolder {
  /** From the folder, such as `pos/12_7.txt`. */
  readonly path: string;
  /** The name of the folder that it is in. */
  readonly label: string;
  readonly text: string;
}

/** The IMDB reviews have 50,000 texts without labels beside those of the classes. */
const NO_CLASS = new Set(['unsup', 'unlabeled', 'unlabelled']);

/** All `.txt` files of the class folders, also gzipped, in the order of their names. Other files are left alone. */
export async function* textFilesIn(folder: string): AsyncGenerator<TextOfFolder> {
  for (const label of await listFolder(folder)) {
    const classFolder = join(folder, label);
    if (label.startsWith('.') || NO_CLASS.has(label) || !(await isFolder(classFolder))) continue;
    for (const name of await listFolder(classFolder)) {
      if (!/\.txt(?:\.gz)?$/i.test(name)) continue;
      const path = join(classFolder, name);
      yield {
        path: `${label}/${name}`,
        label,
        text: name.endsWith('.gz') ? await unzipped(path) : await readText(path),
      };
    }
  }
}

async function unzipped(path: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const block of openBytes(path)) text += decoder.decode(block, { stream: true });
  return text + decoder.decode();
}
