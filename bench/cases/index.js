// Every bench, in the order of the tables.
import { accuracy } from './accuracy.js';
import { predict, start } from './prediction.js';
import { base, steps, threads, train, train512, trainNoDropout } from './training.js';

/** Programs of their own, with their own options and output: see run.js. */
const PROGRAMS = [
  {
    name: 'quantized',
    file: 'quantized.js',
    about:
      'int8 beside fp32 in speed, size and accuracy: figures of docs/export.md (quantized runs/imdb-sample)',
    minutes: 5,
  },
  {
    name: 'growth',
    file: 'growth.js',
    about:
      'how time and memory grow with length, batch, layers, threads and texts: writes docs/growth.md (--help)',
    minutes: 15,
  },
  { name: 'memory', file: 'memory.js', about: 'peak memory against the forecast (--quick)', minutes: 8 },
  {
    name: 'million',
    file: 'million.js',
    about: 'prediction over a long file: memory and speed as it goes (million 1000000)',
    minutes: 8,
  },
  {
    name: 'truncation',
    file: 'truncation.js',
    about: 'head, tail, head+tail and windows: accuracy and cost of each (--train, --test, --max-length)',
    minutes: 25,
  },
];

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
  ...PROGRAMS,
];
