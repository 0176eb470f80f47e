import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { toFileError } from './errors.js';

/** A file of a folder, or of a folder in it. */
export interface FolderFile {
  /** Relative to the folder, with slashes. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** All files of a folder and of the folders in it, by name. */
export async function filesIn(folder: string): Promise<FolderFile[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const files = paths.map(async (path) => ({
      name: relative(folder, path).replaceAll(sep, '/'),
      path,
      bytes: (await stat(path)).size,
    }));
    return (await Promise.all(files)).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw toFileError(error, folder, 'read');
  }
}

/** The size of all files in a folder and the folders in it. */
export async function folderBytes(folder: string): Promise<number> {
  return (await filesIn(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
}
