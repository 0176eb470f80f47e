/**
 * Errors with a code: thrown where the cause is known, turned into one line and an exit code only in `cli/`.
 * A message says what was expected, what was found and where, and what to do next.
 */

/** The exit codes of the command line. */
export const EXIT = { ok: 0, internal: 1, input: 2, interrupted: 130 } as const;

/** Base class of every error that bertune throws on purpose. */
export abstract class BertuneError extends Error {
  /** A stable name for programs, such as `DATA` or `CHECKPOINT`. */
  abstract readonly code: string;
  /** What the process should exit with when nobody catches the error. */
  readonly exitCode: number = EXIT.input;
  override get name(): string {
    return this.constructor.name;
  }
}

/** An option or an argument that can't be used: unknown, of the wrong type or out of range. */
export class UsageError extends BertuneError {
  readonly code = 'USAGE';
}

/** A data file that can't be used: missing, malformed, without the columns or labels that are needed. */
export class DataError extends BertuneError {
  readonly code = 'DATA';
}

/** A model folder that can't be used: a file missing, malformed, or of an unsupported kind. */
export class ModelError extends BertuneError {
  readonly code = 'MODEL';
}

/** A file or folder that could not be read or written: no space, no permission, already there. */
export class FileError extends BertuneError {
  readonly code = 'FILE';
}

/** The hub, or its cache, doesn't have what is asked for, doesn't give it, or gave something else. */
export class HubError extends BertuneError {
  readonly code = 'HUB';
}

/** The numbers went wrong: a loss, a gradient or a weight that is not finite. Nothing of that step is saved. */
export class NumericError extends BertuneError {
  readonly code = 'NUMERIC';
  override readonly exitCode = EXIT.internal;
}

/** ONNX Runtime failed while it computed, such as for want of memory. */
export class EngineError extends BertuneError {
  readonly code = 'ENGINE';
  override readonly exitCode = EXIT.internal;
}

/** The user asked to stop. Carries what was done until then. */
export class InterruptedError extends BertuneError {
  readonly code = 'INTERRUPTED';
  override readonly exitCode = EXIT.interrupted;
}

/** A fault in bertune itself: a broken invariant. */
export class InternalError extends BertuneError {
  readonly code = 'INTERNAL';
  override readonly exitCode = EXIT.internal;
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
