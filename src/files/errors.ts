/** @file The faults of a file system as one line each, with the fix. */

import { BertuneError, FileError, messageOf } from '../util/errors.js';

/** What was being done when it failed. */
export type Doing = 'read' | 'write';

const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device: free some space or choose another place',
  EDQUOT: 'your disk quota is used up: free some space or choose another place',
  EFBIG: 'the file would be larger than the system allows: choose another place',
  EACCES: 'permission denied: change its permissions or choose another place',
  EPERM: 'not permitted: change its permissions or choose another place',
  EROFS: 'the file system is read-only: choose another place',
  ENOTDIR: 'a part of its path is a file, not a folder: choose another place',
  EEXIST: 'a file is in the way: choose another place',
  EISDIR: 'it is a folder, a file is needed',
  ENAMETOOLONG: 'its name is too long: choose a shorter one',
  ELOOP: 'its symbolic links lead in a circle: choose another place',
  EBUSY: 'it is in use: close what uses it, or choose another place',
  EXDEV: 'it is on another file system: choose another place',
  EIO: 'the disk reports an error: check it, or choose another place',
  EMFILE: 'too many files are open: raise the limit with "ulimit -n"',
  ENFILE: 'too many files are open on this machine: close some',
};

/** The code of a system error, such as `ENOENT`; undefined for anything else, bertune's own errors too. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown instanceof BertuneError) return undefined;
  const { code } = thrown as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** Anything thrown while a file was read or written, as a `FileError`. Errors of bertune's own pass unchanged. */
export function toFileError(thrown: unknown, path: string, doing: Doing): BertuneError {
  if (thrown instanceof BertuneError) return thrown;
  const code = codeOf(thrown);
  const missing = doing === 'read' ? 'no such file' : "its folder doesn't exist: create it first";
  const mend =
    code === 'ENOENT' ? missing : code !== undefined && Object.hasOwn(MENDS, code) ? MENDS[code] : undefined;
  return new FileError(`cannot ${doing} ${path}: ${mend ?? messageOf(thrown)}`, { cause: thrown });
}
