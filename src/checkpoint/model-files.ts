/** The files of a model, wherever they are: in a folder, at an address, or chosen by the user of a page. */
import type { OpenFile } from '../files/read.js';

export interface ModelFiles {
  /** What the place is called in messages. */
  readonly name: string;
  /** What one of its files is called in messages. */
  readonly pathOf: (file: string) => string;
  readonly has: (file: string) => Promise<boolean>;
  /** Names for messages: what is there instead of what was looked for. Empty where nobody can tell. */
  readonly list: () => Promise<readonly string[]>;
  /** The value in a JSON file. */
  readonly json: (file: string) => Promise<unknown>;
  readonly bytes: (file: string) => Promise<Uint8Array>;
  /** Lets `use` read ranges of a file. */
  readonly open: <T>(file: string, use: (file: OpenFile) => Promise<T>) => Promise<T>;
}

/** The value in a JSON file; `undefined` where there is no such file. */
export async function jsonIfThere(files: ModelFiles, file: string): Promise<unknown> {
  return (await files.has(file)) ? files.json(file) : undefined;
}
