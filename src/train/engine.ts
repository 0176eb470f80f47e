/**
 * The arithmetic of training: four flat buffers (parameters, gradients, both moments) and the graphs that work on
 * them. What is trained on, for how long and at which rate is the loop's business.
 */
import { adamwScalars, asMatrix, clipFactor, type AdamWScalars, type AdamWSettings } from '../optim/adamw.js';
import {
  float32,
  scalar,
  viewsOf,
  type FloatTensor,
  type Runtime,
  type Session,
  type Tensor,
  type Tensors,
} from '../runtime/runtime.js';
import type { StateBuffers } from '../step/buffers.js';
import { chunksOf, usualRule, type Chunk, type Layout } from '../step/layout.js';
import { gradientBeforeName, gradientName, hasGradient, type GradientStep } from '../step/gradient.js';
import { optimizerSteps } from '../step/steps.js';
import { InternalError } from '../util/errors.js';
import { DropoutFeed } from './dropout-feed.js';
import { RowGradients } from './row-gradients.js';
import type { RuleOf } from './rules.js';
import { required } from './state.js';

export interface EngineOptions {
  readonly adamw: AdamWSettings;
  readonly seed: number;
  /** How each parameter is updated; those that the graph gives no gradient of are not. @default all alike */
  readonly ruleOf?: RuleOf;
}

/** Part of a batch, as one run of the graph takes it. */
export interface MicroBatch {
  /** B: texts. */
  readonly size: number;
  /** S: tokens of the longest text. */
  readonly length: number;
  /** Everything that the graph reads of the texts, labels too. */
  readonly inputs: Tensors;
}

export interface MicroBatchResult {
  /** This micro-batch's share of the batch's mean loss. */
  readonly loss: number;
  /** [B, C]; empty for a graph that gives none. */
  readonly logits: Float32Array;
}

/** A chunk of the buffers, as the optimizer's graphs take it. */
interface ChunkTensors {
  readonly decays: boolean;
  /** Factor on the learning rate. */
  readonly rate: number;
  /** The same gradient as in `inputs`, as a matrix. */
  readonly gradientMatrix: Tensor;
  readonly inputs: {
    readonly parameter: Tensor;
    readonly gradient: FloatTensor;
    readonly first: Tensor;
    readonly second: Tensor;
  };
  readonly results: Tensors;
}

export class TrainingEngine {
  readonly gradients: Float32Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #parameterTensors: Tensors;
  /** Those that the gradient's graph reads. */
  readonly #fedParameters: Tensors;
  /** The one gradient buffer under two names: the graph adds to what it reads, in place. */
  readonly #gradientInputs: Tensors;
  readonly #gradientResults: Tensors;
  readonly #trained: readonly Chunk[];
  readonly #chunks: readonly ChunkTensors[];
  readonly #dropout: DropoutFeed;
  readonly #rows: RowGradients;
  #accumulated = 0;
  /** Those that were made, and those of them that led to the weights: fewer where a branch went back. */
  #made = 0;
  #updates = 0;
  #isWhole = true;
  /** Of an update's new values, chunk by chunk. */
  readonly #sum = new Float32Array(1);

  private constructor(
    readonly layout: Layout,
    /** All parameters, in the layout's order; updated in place. */
    readonly weights: Float32Array,
    readonly options: EngineOptions,
    readonly step: GradientStep,
    readonly sessions: { gradient: Session; adamw: Session; sumOfSquares: Session },
  ) {
    const { size } = layout;
    this.gradients = new Float32Array(size);
    this.#first = new Float32Array(size);
    this.#second = new Float32Array(size);
    this.#dropout = new DropoutFeed(step.dropoutSites, options.seed);
    this.#parameterTensors = viewsOf(layout.parameters, weights);
    this.#fedParameters = Object.fromEntries(
      step.parameters.map(({ name }) => [name, this.#parameterTensors[name]!]),
    );
    this.#rows = new RowGradients(step.lookups, layout, this.gradients);
    const wholes = layout.parameters.filter(({ name }) => step.graph.outputs.has(gradientName(name)));
    const gradients = Object.entries(viewsOf(wholes, this.gradients));
    this.#gradientInputs = Object.fromEntries(gradients.map(([name, x]) => [gradientBeforeName(name), x]));
    this.#gradientResults = Object.fromEntries(gradients.map(([name, x]) => [gradientName(name), x]));
    const { ruleOf = usualRule } = options;
    this.#trained = chunksOf(layout, (parameter) =>
      hasGradient(step, parameter.name) ? ruleOf(parameter) : undefined,
    );
    this.#chunks = this.#trained.map(({ start, end, decays, rate }) => {
      const part = (buffer: Float32Array): FloatTensor => float32([end - start], buffer.subarray(start, end));
      const [parameter, first, second] = [part(weights), part(this.#first), part(this.#second)];
      const gradient = part(this.gradients);
      return {
        decays,
        rate,
        gradientMatrix: float32(asMatrix(end - start), this.gradients.subarray(start, end)),
        inputs: { parameter, gradient, first, second },
        // Written where they were read from: within a chunk's graph each write waits for all reads.
        results: {
          ...{ new_parameter: parameter, new_first: first, new_second: second },
          sum: float32([], this.#sum),
        },
      };
    });
  }

  /** Builds and loads the graphs. `weights` is the engine's from then on. */
  static async create(
    runtime: Runtime,
    layout: Layout,
    weights: Float32Array,
    step: GradientStep,
    options: EngineOptions,
  ): Promise<TrainingEngine> {
    const optimizer = optimizerSteps(options.adamw, true);
    const sessions = {
      gradient: await runtime.load(step.onnx),
      adamw: await runtime.load(optimizer.adamw),
      sumOfSquares: await runtime.load(optimizer.sumOfSquares),
    };
    return new TrainingEngine(layout, weights, options, step, sessions);
  }

  /** The stretches of the buffer that are trained. */
  get trained(): readonly { readonly start: number; readonly end: number }[] {
    return this.#trained;
  }

  /** What updates change, in the layout of the weights: the buffers themselves, which training goes on changing. */
  get buffers(): {
    readonly weights: Float32Array;
    readonly exp_avg: Float32Array;
    readonly exp_avg_sq: Float32Array;
  } {
    return { weights: this.weights, exp_avg: this.#first, exp_avg_sq: this.#second };
  }

  /** Whether weights and moments are those of one step: not after an update that failed on the way. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Goes on after `made` updates, with weights and moments as they were.
   *
   * @param updates those of them that led there, which AdamW counts; masks are drawn by the number of all
   */
  goOnFrom(state: StateBuffers, made: number, updates: number): void {
    for (const [name, buffer] of Object.entries(this.buffers)) {
      buffer.set(required(state, name as keyof typeof this.buffers));
    }
    this.#made = made;
    this.#updates = updates;
    this.reset();
  }

  /** The parameters as tensors, by name: views, so they follow the training. */
  get parameters(): Tensors {
    return this.#parameterTensors;
  }

  /**
   * Adds a micro-batch's gradient to that of the current update.
   *
   * @param weight what the sum of losses is divided by: examples in the whole batch, over all its micro-batches
   */
  async accumulate({ size, length, inputs }: MicroBatch, weight: number): Promise<MicroBatchResult> {
    const labels = this.step.graph.outputs.get('logits')?.shape[1] as number | undefined;
    const logits = new Float32Array(size * (labels ?? 0));
    const loss = new Float32Array(1);
    const rows = this.#rows.tensors(size * length);
    await this.sessions.gradient.run(
      {
        ...this.#fedParameters,
        ...this.#gradientInputs,
        ...this.#dropout.at(this.#made, this.#accumulated, { B: size, S: length }),
        ...inputs,
        loss_scale: scalar(1 / weight),
      },
      {
        ...this.#gradientResults,
        ...rows,
        loss: float32([], loss),
        ...(labels !== undefined && { logits: float32([size, labels], logits) }),
      },
    );
    this.#rows.add(rows, inputs);
    this.#accumulated++;
    return { loss: loss[0]!, logits };
  }

  /** The norm of the accumulated gradient, over all parameters. Not finite when any element isn't. */
  async gradientNorm(): Promise<number> {
    let total = 0;
    const sum = new Float32Array(1);
    const results = { sum_of_squares: float32([], sum) };
    for (const { gradientMatrix: gradient } of this.#chunks) {
      await this.sessions.sumOfSquares.run({ gradient }, results);
      total += sum[0]!;
    }
    return Math.sqrt(total);
  }

  /**
   * Updates the parameters from the accumulated gradient, whose norm is given, and begins the next update.
   *
   * @returns `undefined`, or what has a value that is not finite now, in words: then the training can't go on
   */
  async update(learningRate: number, norm: number, maxNorm: number): Promise<string | undefined> {
    this.#isWhole = false;
    this.#made++;
    this.#updates++;
    this.#accumulated = 0;
    const clip = clipFactor(norm, maxNorm);
    const scalarsOf = new Map<string, Tensors>(); // few, as chunks of one rule have the same
    for (const [i, { decays, rate, inputs, results }] of this.#chunks.entries()) {
      const rule = `${decays} ${rate}`;
      const scalars =
        scalarsOf.get(rule) ??
        asTensors(adamwScalars(this.#updates, rate * learningRate, clip, decays, this.options.adamw));
      scalarsOf.set(rule, scalars);
      await this.sessions.adamw.run({ ...inputs, ...scalars }, results);
      if (!Number.isFinite(this.#sum[0])) return this.#spoiledIn(this.#trained[i]!);
      // While it is in the processor's cache: the next micro-batch adds to zero.
      inputs.gradient.data.fill(0);
    }
    this.#isWhole = true;
    return undefined;
  }

  /** The first parameter of a chunk that is not finite, or whose moments are not. */
  #spoiledIn({ start, end }: Chunk): string {
    const all = [this.weights, this.#second, this.#first].map((buffer) => buffer.subarray(start, end));
    const place = all[0]!.findIndex((_, i) => all.some((part) => !Number.isFinite(part[i])));
    const at = start + Math.max(0, place);
    const { name } = this.layout.parameters.find((each) => each.start <= at && at < each.end)!;
    return `${name}, or what AdamW keeps of it,`;
  }

  /** Forgets what was accumulated. */
  reset(): void {
    this.#accumulated = 0;
    // Not the whole buffer: what is never written, for parameters that are frozen, takes no memory.
    for (const { inputs } of this.#chunks) inputs.gradient.data.fill(0);
  }

  /**
   * An update for its time only, before the first real one: with moments and gradient of zero, at rate zero, every
   * parameter comes out as it was, bit for bit.
   */
  async rehearseUpdate(): Promise<void> {
    if (this.#made > 0) throw new InternalError('an update can be rehearsed only before the first one');
    this.reset();
    await this.update(0, 0, 0);
    this.#made = this.#updates = 0;
  }

  /** Frees the engine's native memory. */
  async release(): Promise<void> {
    await Promise.all(Object.values(this.sessions).map((session) => session.release()));
  }
}

function asTensors(numbers: AdamWScalars): Tensors {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value as number)]));
}
