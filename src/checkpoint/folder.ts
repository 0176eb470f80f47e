/** A model's files in a folder on this machine. */
import { exists, listFolder, readFileBytes, readJson, withOpenFile } from '../files/read.js';
import type { ModelFiles } from './model-files.js';

export function folderFiles(folder: string): ModelFiles {
  const pathOf = (file: string): string => `${folder}/${file}`;
  return {
    name: folder,
    pathOf,
    has: (file) => exists(pathOf(file)),
    list: () => listFolder(folder),
    json: (file) => readJson(pathOf(file)),
    bytes: (file) => readFileBytes(pathOf(file)),
    open: (file, use) => withOpenFile(pathOf(file), use),
  };
}
