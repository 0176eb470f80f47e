/** What the threads say to each other. */
import type { TokenizerSource } from '../tokenizer/tokenizer.js';
import * as errors from '../util/errors.js';
import type { EncodedBlock, EncodingRules } from './encode.js';

/** What a thread is started with. */
export interface WorkerStart {
  readonly tokenizer: TokenizerSource;
  readonly rules: EncodingRules;
}

/** Texts go over in the order in which their answers come back. */
export type WorkerAnswer = { readonly block: EncodedBlock } | { readonly failure: Failure };

/** An error on its way: a class of bertune's by name, anything else (which the engine can copy) as it is. */
export type Failure = { readonly name: string; readonly message: string } | { readonly thrown: unknown };

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof errors.BertuneError) return { name: thrown.name, message: thrown.message };
  return { thrown: thrown instanceof Error ? thrown : new Error(errors.messageOf(thrown)) };
}

const { BertuneError: _base, EXIT: _exit, messageOf: _messageOf, ...CLASSES } = errors;

/** The error that was thrown in the other thread, of the same class. */
export function thrownIn(failure: Failure): unknown {
  if ('thrown' in failure) return failure.thrown;
  const { name, message } = failure;
  return Object.hasOwn(CLASSES, name)
    ? new CLASSES[name as keyof typeof CLASSES](message)
    : new errors.InternalError(`${name}: ${message}`);
}
