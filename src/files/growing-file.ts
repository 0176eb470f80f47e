/** A file that others read while it grows, such as a log of events: written piece after piece, each in full. */
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeEmptyFolders } from './empty-folders.js';
import { toFileError } from './errors.js';

/**
 * ```ts
 * const log = await GrowingFile.create('logs/events');
 * log.append(bytes); // returns at once; pieces are written in their order
 * await log.close();
 * ```
 */
export class GrowingFile {
  #last: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** The outermost of the folders that were made for it. */
    private readonly made: string | undefined,
  ) {}

  /** Makes the file, and the folders that it needs; throws a `FileError` where it can't, or where it is there already. */
  static async create(path: string): Promise<GrowingFile> {
    try {
      const made = await mkdir(dirname(path), { recursive: true });
      return new GrowingFile(path, await open(path, 'wx'), made);
    } catch (error) {
      throw toFileError(error, path, 'write');
    }
  }

  /** Writes behind what was appended before. After a failure, which `close` gives, nothing more is written. */
  append(bytes: Uint8Array): void {
    this.#last = this.#last.then(async () => {
      if (this.#failure) return;
      try {
        for (let at = 0; at < bytes.length;) {
          at += (await this.handle.write(bytes, at, bytes.length - at)).bytesWritten;
        }
      } catch (error) {
        this.#failure = toFileError(error, this.path, 'write');
      }
    });
  }

  /** Waits for what was appended; gives what went wrong, if anything did. */
  async close(): Promise<Error | undefined> {
    await this.#last;
    await this.handle.close();
    return this.#failure;
  }

  /** Closes it, and takes it away with the folders that were made for it, as far as nobody else has put something there. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await removeEmptyFolders(dirname(this.path), this.made);
  }
}
