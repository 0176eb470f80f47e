// Every bench, in the order of the tables.
import { accuracy } from './accuracy.js';
import { predict, start } from './prediction.js';
import { base, steps, threads, train, train512, trainNoDropout } from './training.js';

/** A program of its own, with its own options and report: see run.js. */
const growth = {
  name: 'growth',
  about:
    'how time and memory grow with length, batch, layers, threads and texts: writes docs/growth.md (--help)',
  minutes: 60,
};

export const CASES = [
  train,
  trainNoDropout,
  train512,
  base,
  predict,
  start,
  threads,
  accuracy,
  steps,
  growth,
];
