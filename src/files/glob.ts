/** @file Patterns for files, such as `data/*.csv`, for when the shell was not to expand them, or has none that does. */

import { glob, isDynamicPattern } from 'tinyglobby';

/** Whether a path is a pattern; one that is a file's own name is for the caller to tell. */
export function isPattern(path: string): boolean {
  return isDynamicPattern(path);
}

/** The files that a pattern is for, sorted; none where there are none. */
export async function filesLike(pattern: string): Promise<string[]> {
  return (await glob(pattern.replaceAll('\\', '/'), { dot: false, expandDirectories: false })).sort();
}
