// What is measured: the points of every series. A point that belongs to several series is measured once.

/** What every series varies in one thing: the bundled model at its own dropout. */
export const BASE = { tokens: 128, batch: 16, layers: 6, threads: 2 };

/** Tokens in a training step of the series over texts: texts as they are, cut at this length. */
export const MAX_LENGTH = 192;

/**
 * @typedef {object} Point
 * @property {string} key the same for the same work
 * @property {'step' | 'texts'} kind equal texts of random ids, or reviews from a file
 * @property {number} steps timed steps
 * @property {number} [warmUp]
 * @property {number} batch
 * @property {number} layers
 * @property {number} threads
 * @property {number} [tokens] in each text
 * @property {number} [texts] in the training set
 *
 * @typedef {object} Series
 * @property {string} name
 * @property {string} varies the field of a point that the series varies
 * @property {Point[]} points
 */

const VALUES = {
  tokens: [64, 128, 192, 256, 384, 512],
  batch: [1, 4, 8, 16, 32, 64],
  layers: [1, 2, 3, 6, 12],
  threads: [1, 2],
  texts: [500, 2000, 5000, 10_000, 25_000],
};
const QUICK = { tokens: [32, 64], batch: [1, 4], layers: [1, 2], threads: [1, 2], texts: [100, 300] };
const QUICK_BASE = { tokens: 32, batch: 4, layers: 2, threads: 2 };

const NAMES = { tokens: 'length', batch: 'batch', layers: 'layers', threads: 'threads', texts: 'texts' };

/** @param {boolean} quick @returns {Series[]} */
export function plan(quick) {
  const base = quick ? QUICK_BASE : BASE;
  const known = new Map();
  return Object.entries(quick ? QUICK : VALUES).map(([varies, values]) => ({
    name: NAMES[varies],
    varies,
    points: values.map((value) => {
      const point = pointOf({ ...base, [varies]: value }, quick);
      if (!known.has(point.key)) known.set(point.key, point);
      return known.get(point.key);
    }),
  }));
}

function pointOf({ texts, tokens, batch, layers, threads }, quick) {
  if (texts !== undefined) {
    const key = `${texts} reviews, ${layers} layers, ${threads} threads`;
    return { key, kind: 'texts', texts, batch, layers, threads, warmUp: 1, steps: quick ? 2 : 5 };
  }
  const key = `${batch} x ${tokens} tokens, ${layers} layers, ${threads} threads`;
  // Short steps need more of them for a steady median. The first step of a session is slow.
  const steps = Math.min(12, Math.max(2, Math.round(8192 / (batch * tokens * (layers / 6)))));
  return { key, kind: 'step', tokens, batch, layers, threads, warmUp: 1, steps: quick ? 2 : steps };
}

/**
 * The order in which a round measures: a point of each series in turn, every other round backwards, so that neither
 * a slow minute nor a drift of the machine falls on one series or on one end of it.
 *
 * @param {Series[]} series @param {number} round @returns {Point[]}
 */
export function orderOf(series, round) {
  const longest = Math.max(...series.map(({ points }) => points.length));
  const turns = Array.from({ length: longest }, (_, i) => series.flatMap(({ points }) => points[i] ?? []));
  const order = [...new Set(turns.flat())];
  return round % 2 === 0 ? order : order.reverse();
}
