/** The optimizer's graphs on ONNX Runtime, run over the chunks of a flat buffer. */
import { adamwScalars, asMatrix, type AdamWSettings } from '../../src/optim/adamw.js';
import { float32, scalar, type Session, type Tensors } from '../../src/runtime/runtime.js';
import type { Chunk } from '../../src/step/layout.js';
import { optimizerSteps } from '../../src/step/steps.js';
import { runtimeWith } from '../reference/onnx.js';

/** What AdamW keeps: a vector each. */
export interface State {
  readonly parameter: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export function newState(parameter: ArrayLike<number>): State {
  const size = parameter.length;
  return {
    parameter: Float32Array.from(parameter),
    first: new Float32Array(size),
    second: new Float32Array(size),
  };
}

export interface Update {
  readonly t: number;
  readonly learningRate: number;
  readonly clip: number;
}

export class Optimizer {
  private constructor(
    readonly settings: AdamWSettings,
    readonly adamw: Session,
    readonly squares: Session,
  ) {}

  static async create(settings: AdamWSettings, threads = 2): Promise<Optimizer> {
    const runtime = await runtimeWith(threads);
    const { adamw, sumOfSquares } = optimizerSteps(settings);
    return new Optimizer(settings, await runtime.load(adamw), await runtime.load(sumOfSquares));
  }

  /** One update, from `state` to `into`, which may be the same. */
  async update(state: State, gradient: Float32Array, chunks: readonly Chunk[], into: State, step: Update) {
    for (const { start, end, decays } of chunks) {
      const part = (buffer: Float32Array) => float32([end - start], buffer.subarray(start, end));
      const numbers = adamwScalars(step.t, step.learningRate, step.clip, decays, this.settings);
      const scalars: Tensors = Object.fromEntries(
        Object.entries(numbers).map(([name, value]) => [name, scalar(value as number)]),
      );
      await this.adamw.run(
        {
          parameter: part(state.parameter),
          gradient: part(gradient),
          first: part(state.first),
          second: part(state.second),
          ...scalars,
        },
        {
          new_parameter: part(into.parameter),
          new_first: part(into.first),
          new_second: part(into.second),
        },
      );
    }
  }

  /** The norm of a gradient, chunk by chunk. */
  async norm(gradient: Float32Array, chunks: readonly Chunk[]): Promise<number> {
    const sum = new Float32Array(1);
    let total = 0;
    for (const { start, end } of chunks) {
      const part = float32(asMatrix(end - start), gradient.subarray(start, end));
      await this.squares.run({ gradient: part }, { sum_of_squares: float32([], sum) });
      total += sum[0]!;
    }
    return Math.sqrt(total);
  }
}
