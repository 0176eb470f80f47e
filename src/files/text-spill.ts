/** @file Texts that lie on the disk until they are asked for, so that memory doesn't grow with them. */

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFileError } from './errors.js';

/** Where a text lies: its first byte, and how many it has. */
export interface SpilledText {
  readonly start: number;
  readonly bytes: number;
}

/** So many bytes are gathered before they are written. */
const BLOCK_BYTES = 1 << 20;

/** Closes the file once nobody can ask for a text of it any more. */
const abandoned = new FinalizationRegistry<number>(closeSync);

/**
 * A file without a name in the folder for temporary files (`TMPDIR`): it is gone with the process, however that ends. What is
 * read was mostly just written, and comes from the system's memory for files, which it takes back where it needs it.
 */
export class TextSpill {
  readonly #file: number;
  readonly #folder = tmpdir();
  #written = 0;
  /** What is not written yet. */
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #gathered = 0;

  /** @throws `FileError` where no temporary file can be made */
  constructor() {
    try {
      const folder = mkdtempSync(join(this.#folder, 'bertune-texts-'));
      this.#file = openSync(join(folder, 'texts'), 'wx+', 0o600);
      // An open file stays readable without its name.
      rmSync(folder, { recursive: true });
    } catch (error) {
      throw toFileError(error, this.#folder, 'write');
    }
    abandoned.register(this, this.#file);
  }

  /**
   * @param text without lone surrogates, which UTF-8 doesn't have
   * @throws `FileError` where the disk is full
   */
  add(text: string): SpilledText {
    const bytes = Buffer.byteLength(text);
    const start = this.#written + this.#gathered;
    if (this.#gathered + bytes > BLOCK_BYTES) this.#flush();
    if (bytes > BLOCK_BYTES) this.#write(Buffer.from(text));
    else this.#gathered += this.#block.write(text, this.#gathered);
    return { start, bytes };
  }

  read({ start, bytes }: SpilledText): string {
    if (start + bytes > this.#written) this.#flush();
    const buffer = Buffer.allocUnsafe(bytes);
    try {
      for (let done = 0; done < bytes;) {
        const count = readSync(this.#file, buffer, done, bytes - done, start + done);
        if (count === 0) throw new Error('the temporary file was cut short');
        done += count;
      }
    } catch (error) {
      throw toFileError(error, this.#folder, 'read');
    }
    return buffer.toString();
  }

  #flush(): void {
    this.#write(this.#block.subarray(0, this.#gathered));
    this.#gathered = 0;
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#written + done);
      }
    } catch (error) {
      throw toFileError(error, `texts to ${this.#folder} (TMPDIR)`, 'write');
    }
    this.#written += bytes.length;
  }
}
