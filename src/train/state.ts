/** What an interrupted training needs to go on as if nothing had happened. */
import type { StateBuffer, StateBuffers } from '../step/buffers.js';
import { InternalError } from '../util/errors.js';
import type { Best } from './best.js';
import type { LogEntry } from './trainer-state.js';

/** What came out of a training. */
export interface TrainingResult {
  readonly logHistory: readonly LogEntry[];
  readonly steps: number;
  readonly epoch: number;
  readonly tokensSeen: number;
  /** Without the evaluations on the way. */
  readonly seconds: number;
  readonly meanLoss: number;
  /** The evaluation whose weights were kept, where there were any on the way. */
  readonly best?: Best;
}

/** The log so far, with the sums that its next entry is made from. */
export interface LogState {
  readonly entries: readonly LogEntry[];
  readonly steps: number;
  readonly total: number;
  readonly totalSinceEntry: number;
  readonly stepsSinceEntry: number;
}

/** Which evaluation was the best, and what goes into the mean of the weights. */
export interface KeptState {
  readonly best: Best | undefined;
  readonly worseSince: number;
  /** Updates whose weights are in the mean. */
  readonly averaged: number;
}

/** A training under way. Random numbers have no state: they are drawn by seed, step and place. */
export interface StateUnderWay {
  /** Updates that were made; the order of texts goes on after them. */
  readonly step: number;
  /** Whether the evaluation that is due after this step is still to be made. */
  readonly evaluationDue: boolean;
  readonly textsSeen: number;
  readonly tokensSeen: number;
  /** Of training, without evaluations. */
  readonly seconds: number;
  readonly log: LogState;
  readonly kept: KeptState;
}

/** Either a training under way, or one that is over, whose weights are those to be saved. */
export type TrainingState =
  | { readonly underWay: StateUnderWay; readonly buffers: StateBuffers }
  | { readonly result: TrainingResult; readonly buffers: StateBuffers };

/** Updates that were made. */
export function stepOf(state: TrainingState): number {
  return 'result' in state ? state.result.steps : state.underWay.step;
}

/** A buffer that such a state has. */
export function required(buffers: StateBuffers, name: StateBuffer): Float32Array {
  const buffer = buffers[name];
  if (!buffer) throw new InternalError(`a training's state has no "${name}"`);
  return buffer;
}
