/**
 * Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv 1703.01365): how much each input adds to a number, from
 * the number's slopes on the straight way from a baseline to the input. They are complete: they sum to the difference that
 * the whole way makes. Here this decides how fine the integral has to be.
 */
import { InternalError } from '../util/errors.js';
import { places, weights } from './quadrature.js';

/** What is found at one place of the way. */
export interface PathPoint {
  /** The number that is explained. */
  readonly value: number;
  /** Its slope there by each input, times the way that the input goes in all. */
  readonly slopes: ArrayLike<number>;
}

/** Looks at places of the way; 0 is the baseline and 1 the input. Gives a point for each, in their order. */
export type PathOf = (along: readonly number[]) => Promise<readonly PathPoint[]>;

export interface IntegrateOptions {
  /** How far the sum may be from the difference, as a share of it. @default 0.01 */
  readonly tolerance?: number;
  /** How far it may be whatever the difference. @default 0.001 */
  readonly floor?: number;
  /** The most intervals that the way is cut into, a power of 2 times `FEWEST_INTERVALS`. @default 256 */
  readonly mostIntervals?: number;
}

export interface Attribution {
  /** What each input adds. */
  readonly contributions: readonly number[];
  /** The number at the baseline, and at the input. */
  readonly baseline: number;
  readonly value: number;
  /** What the contributions sum to, less `value - baseline`. */
  readonly residual: number;
  /** Whether that is within the tolerance. */
  readonly complete: boolean;
  /** How many intervals it took; the path was looked at in one place more. */
  readonly intervals: number;
}

/** 17 places are enough for most texts. */
export const FEWEST_INTERVALS = 16;

/**
 * Integrates, with twice as many intervals each time, until the contributions sum to what they should.
 *
 * ```ts
 * // x * y from (0, 0) to (2, 3): each has its half of 6
 * const path = async (along: readonly number[]) => along.map((t) => ({ value: 6 * t * t, slopes: [6 * t, 6 * t] }));
 * const { contributions, residual } = await integrate(path); // [ 3, 3 ], 0
 * ```
 */
export async function integrate(
  pathOf: PathOf,
  { tolerance = 0.01, floor = 1e-3, mostIntervals = 256 }: IntegrateOptions = {},
): Promise<Attribution> {
  let intervals = FEWEST_INTERVALS;
  let points = await look(pathOf, places(intervals));
  for (;;) {
    const attribution = sumUp(points, intervals, tolerance, floor);
    if (attribution.complete || intervals * 2 > mostIntervals) return attribution;
    intervals *= 2;
    // Those at even places are known.
    const between = await look(
      pathOf,
      places(intervals).filter((_, k) => k % 2 === 1),
    );
    const known = points;
    points = Array.from({ length: intervals + 1 }, (_, k) => (k % 2 === 1 ? between : known)[k >> 1]!);
  }
}

async function look(pathOf: PathOf, along: readonly number[]): Promise<readonly PathPoint[]> {
  const points = await pathOf(along);
  if (points.length === along.length) return points;
  throw new InternalError(`${along.length} places of a path were asked for, ${points.length} came`);
}

function sumUp(
  points: readonly PathPoint[],
  intervals: number,
  tolerance: number,
  floor: number,
): Attribution {
  const contributions = new Array<number>(points[0]!.slopes.length).fill(0);
  weights(intervals).forEach((weight, k) => {
    const { slopes } = points[k]!;
    for (let i = 0; i < contributions.length; i++) contributions[i] = contributions[i]! + weight * slopes[i]!;
  });
  const [baseline, value] = [points[0]!.value, points.at(-1)!.value];
  const residual = contributions.reduce((sum, each) => sum + each, 0) - (value - baseline);
  const allowed = Math.max(tolerance * Math.abs(value - baseline), floor);
  return { contributions, baseline, value, residual, complete: Math.abs(residual) <= allowed, intervals };
}
