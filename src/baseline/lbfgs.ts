/**
 * Minimises a smooth function by L-BFGS (Liu and Nocedal 1989, "On the limited memory BFGS method"; the two loops are
 * algorithm 7.4 of Nocedal and Wright 2006), with backtracking until Armijo's condition holds.
 */

/** Pairs of steps and changes of the gradient that are kept. */
const MEMORY = 8;
const ARMIJO = 1e-4;
const MOST_HALVINGS = 30;

export interface Problem {
  /** The function's value at `x`; writes the gradient to `gradient`. */
  readonly evaluate: (x: Float64Array, gradient: Float64Array) => number;
  /** Where to begin; the minimum is written there. */
  readonly x: Float64Array;
  /** Ends when no part of the gradient is larger. */
  readonly tolerance: number;
  readonly mostIterations: number;
  /** Called between iterations. */
  readonly pause: () => Promise<void>;
}

export async function minimise(problem: Problem): Promise<void> {
  const { evaluate, x, tolerance, mostIterations, pause } = problem;
  const size = x.length;
  let gradient = new Float64Array(size);
  let nextGradient = new Float64Array(size);
  const next = new Float64Array(size);
  const direction = new Float64Array(size);
  const history: { s: Float32Array; y: Float32Array; rho: number }[] = [];
  let value = evaluate(x, gradient);
  for (let iteration = 0; iteration < mostIterations && largest(gradient) > tolerance; iteration++) {
    await pause();
    descentDirection(gradient, history, direction);
    const slope = dot(direction, gradient);
    let step = history.length === 0 ? 1 / Math.max(1e-12, Math.sqrt(dot(gradient, gradient))) : 1;
    let nextValue = NaN;
    let halvings = 0;
    for (; halvings < MOST_HALVINGS; halvings++, step /= 2) {
      for (let i = 0; i < size; i++) next[i] = x[i]! + step * direction[i]!;
      nextValue = evaluate(next, nextGradient);
      if (nextValue <= value + ARMIJO * step * slope) break;
    }
    if (halvings === MOST_HALVINGS) return; // as low as the numbers' precision lets it get
    const old = history.length === MEMORY ? history.shift()! : undefined; // its arrays are used again
    const s = old?.s ?? new Float32Array(size);
    const y = old?.y ?? new Float32Array(size);
    for (let i = 0; i < size; i++) {
      s[i] = next[i]! - x[i]!;
      y[i] = nextGradient[i]! - gradient[i]!;
    }
    const curvature = dot(s, y);
    if (curvature > 0) history.push({ s, y, rho: 1 / curvature });
    x.set(next);
    [gradient, nextGradient] = [nextGradient, gradient];
    value = nextValue;
  }
}

/** -H g, with H the inverse Hessian as the history has it. */
function descentDirection(
  gradient: Float64Array,
  history: readonly { s: Float32Array; y: Float32Array; rho: number }[],
  direction: Float64Array,
): void {
  for (let i = 0; i < gradient.length; i++) direction[i] = -gradient[i]!;
  const alphas = history.map(() => 0);
  for (let k = history.length - 1; k >= 0; k--) {
    const { s, y, rho } = history[k]!;
    alphas[k] = rho * dot(s, direction);
    addScaled(direction, y, -alphas[k]!);
  }
  const newest = history.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.y, newest.y));
    for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! * scale;
  }
  history.forEach(({ s, y, rho }, k) => {
    addScaled(direction, s, alphas[k]! - rho * dot(y, direction));
  });
}

function addScaled(to: Float64Array, from: Float32Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = to[i]! + factor * from[i]!;
}

function dot(a: Float64Array | Float32Array, b: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
