import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toFileError } from './errors.js';

/** The size of all files in a folder and the folders in it. */
export async function folderBytes(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    throw toFileError(error, folder, 'read');
  }
}
