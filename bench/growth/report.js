// docs/growth.md and its plots, from what was measured. Every sentence with a figure is made from the figures.
import { markdownTable } from '../lib/table.js';
import { machineLine } from '../lib/machine.js';
import { powerLaw } from './fit.js';
import { MAX_LENGTH } from './plan.js';
import { COLOURS, drawPanels, ticksAround } from './plots.js';

/**
 * @typedef {object} Measured a point with the medians of its rounds
 * @property {number} seconds
 * @property {{ low: number, high: number }} secondsSpread
 * @property {number} tokensDone
 * @property {number} peakBytes
 *
 * @typedef {object} Results what growth.json holds
 * @property {string} date
 * @property {object} machine
 * @property {string} runtime
 * @property {number} rounds
 * @property {string} data
 * @property {{ name: string, varies: string, points: Measured[] }[]} series
 */

/** What a series is called. `also`: what to know when reading it, true whatever was measured. */
const WORDS = {
  length: {
    title: 'Sequence length',
    variable: 'length',
    axis: 'tokens in each text',
    also:
      'The products grow with the length, attention with its square. A batch is cut into micro-batches of so many ' +
      'tokens at most, whatever the length: where a batch is more than one of them, memory grows no more.',
  },
  batch: {
    title: 'Batch size',
    variable: 'batch',
    axis: 'texts in a batch',
    also:
      "The optimizer's update costs the same for any batch, so small batches pay more for each token. Memory grows " +
      'until a micro-batch is full.',
  },
  layers: {
    title: 'Layers',
    variable: 'layers',
    axis: 'layers of the encoder',
    also:
      'The embeddings (11.9 million parameters) are there with one layer as with twelve: their update and their ' +
      'memory are the fixed part. The last layer is computed for the [CLS] token alone, so the first one costs less ' +
      'than each further one.',
  },
  threads: {
    title: 'Threads',
    variable: 'threads',
    axis: 'threads',
    also: '',
  },
  texts: {
    title: 'Training-set size',
    variable: 'texts',
    axis: 'reviews in the training set',
    also:
      'Each process reads its file, tokenizes all of it and makes a few training steps, whose texts are spread ' +
      'evenly over the lengths in its first epoch.',
  },
};

const digits = (value) => (value < 100 ? value.toPrecision(3) : count(value));
const ms = (seconds) => `${digits(seconds * 1000)} ms`;
const gibibytes = (bytes) => bytes / 2 ** 30;
const gib = (bytes) => `${gibibytes(bytes).toFixed(2)} GiB`;
const count = (value) => Math.round(value).toLocaleString('en');
const perToken = ({ seconds, tokensDone }) => seconds / tokensDone;
const power = (exponent) => exponent.toFixed(2).replace(/^-0\.00$/, '0.00');

/** The exponents of a series: of time, and of peak memory. */
function growthOf({ varies, points }) {
  const of = (value) => powerLaw(points.map((point) => [point[varies], value(point)]));
  return {
    of,
    time: of(({ seconds }) => seconds),
    memory: of(({ peakBytes }) => peakBytes),
    token: of(perToken),
  };
}

/** @param {Results} results @returns {{ markdown: string, plots: Record<string, string> }} plots by file name */
export function reportOf(results) {
  const plots = {};
  const sections = results.series.map((series) => {
    const { title } = WORDS[series.name];
    plots[`${series.name}.svg`] = drawPanels((series.name === 'texts' ? textPanels : stepPanels)(series));
    return [
      `## ${title}`,
      fixed(series),
      `![${title}: time and memory](growth/${series.name}.svg)`,
      (series.name === 'texts' ? textTable : stepTable)(series),
      `${series.name === 'texts' ? textFindings(series) : stepFindings(series)} ${WORDS[series.name].also}`.trim(),
    ].join('\n\n');
  });
  return { markdown: [...opening(results), ...sections].join('\n\n') + '\n', plots };
}

function opening({ date, machine, runtime, rounds, data, series }) {
  const turns =
    rounds === 1
      ? 'One round over all points'
      : `${rounds} rounds over all points, every other one backwards`;
  return [
    '# How the cost grows',
    '<!-- Written by bench/growth.js: change that, not this. -->',
    'Time and memory of training the bundled MiniLM (random weights; dropout as its config says; one step is ' +
      'gradient, clipping and AdamW) against one thing at a time. An exponent is the slope of the least-squares line ' +
      'through the logarithms: with length^1, twice the length takes twice the time; with length^0 it costs nothing.',
    summary(series),
    `Made by \`npm run bench -- growth\` (\`node bench/growth.js\`; \`--quick\` shows in a minute that it works) on ` +
      `${date.slice(0, 10)}: ${machineLine(machine)}, ${runtime}. Each point is a process of its own, whose largest ` +
      `resident size is the peak memory. ${turns}; figures ` +
      `are medians of the rounds, bars in the plots reach from the fastest round to the slowest. All figures: ` +
      `[growth.json](../bench/results/growth.json), also of each round. Reviews: ${data}.`,
  ];
}

/** What a series doesn't vary. */
function fixed({ varies, points: [{ tokens, batch, layers, threads }] }) {
  const words = {
    batch: `batches of ${batch} texts`,
    tokens: tokens === undefined ? `texts cut at ${MAX_LENGTH} tokens` : `${tokens} tokens a text`,
    layers: `${layers} layers`,
    threads: `${threads} threads`,
  };
  const kept = Object.keys(words).filter((name) => name !== varies);
  return `Here with ${kept.map((name) => words[name]).join(', ')}.`;
}

function summary(series) {
  const rows = series.map((each) => {
    const { title, variable } = WORDS[each.name];
    const { time, memory, token } = growthOf(each);
    const [first, last] = [each.points[0], each.points.at(-1)];
    const text = each.name === 'texts';
    return [
      title,
      `${count(first[each.varies])} to ${count(last[each.varies])}`,
      text ? '-' : `${variable}^${power(time.exponent)}`,
      `${variable}^${power(token.exponent)}`,
      `${digits(1000 * perToken(first))}, ${ms(perToken(last))}`,
      `${variable}^${power(memory.exponent)}`,
      `${gibibytes(first.peakBytes).toFixed(2)}, ${gib(last.peakBytes)}`,
    ];
  });
  const head = [
    'what grows',
    'from, to',
    'time of a step',
    'time per token',
    'at both ends',
    'peak memory',
    'at both ends',
  ];
  return markdownTable(head, rows);
}

function stepTable({ varies, points, name }) {
  const head = [
    WORDS[name].axis,
    'time of a step',
    'rounds',
    'of it the update',
    'time per token',
    'peak memory',
  ];
  return markdownTable(
    head,
    points.map((point) => [
      count(point[varies]),
      ms(point.seconds),
      `${digits(1000 * point.secondsSpread.low)} to ${ms(point.secondsSpread.high)}`,
      ms(point.updateSeconds),
      ms(perToken(point)),
      gib(point.peakBytes),
    ]),
  );
}

function stepFindings(series) {
  const { name, points } = series;
  const { of, time, memory } = growthOf(series);
  const { variable } = WORDS[name];
  if (name === 'threads') {
    const [one, more] = [points[0], points.at(-1)];
    const speedUp = one.seconds / more.seconds;
    return (
      `${more.threads} threads make a step ${speedUp.toFixed(2)} times as fast as one: time falls with ` +
      `threads^${power(time.exponent)}, memory goes with threads^${power(memory.exponent)}.`
    );
  }
  const gradient = of(({ seconds, updateSeconds }) => seconds - updateSeconds);
  return (
    `Time grows with ${variable}^${power(time.exponent)} (the gradient alone, without the update, with ` +
    `${variable}^${power(gradient.exponent)}), peak memory with ${variable}^${power(memory.exponent)}.`
  );
}

function stepPanels(series) {
  const { name, varies, points } = series;
  const { axis, variable } = WORDS[name];
  const { time } = growthOf(series);
  const values = points.map((point) => point[varies]);
  const spreads = points.map(({ secondsSpread }) => secondsSpread);
  const [first] = points;
  const line =
    name === 'threads'
      ? { label: 'twice the threads, half the time', at: (x) => (first.seconds * first[varies]) / x }
      : powerLine(variable, time);
  const seconds = spreads.flatMap(({ low, high }) => [low, high]);
  return [
    {
      title: 'Time of a training step',
      colour: COLOURS.time,
      x: { name: axis, log: true, ticks: values },
      y: {
        name: 'seconds',
        log: true,
        ticks: ticksAround([...seconds, line.at(values[0]), line.at(values.at(-1))]),
      },
      points: points.map((point) => [point[varies], point.seconds]),
      spreads,
      line,
    },
    memoryPanel(series, values),
  ];
}

const powerLine = (variable, { exponent, factor }) => ({
  label: `${variable}^${power(exponent)}, least squares`,
  at: (x) => factor * x ** exponent,
});

function memoryPanel({ name, varies, points }, ticks) {
  return {
    title: 'Peak memory',
    colour: COLOURS.memory,
    // From 0 on even steps, so that what is there before anything grows can be seen.
    x: name === 'threads' ? { name: WORDS[name].axis, log: true, ticks } : { name: WORDS[name].axis },
    y: { name: 'GiB' },
    points: points.map((point) => [point[varies], gibibytes(point.peakBytes)]),
  };
}

const readingOf = ({ readSeconds, tokenizeSeconds }) => readSeconds + tokenizeSeconds;

function textTable({ points }) {
  const head = [
    'reviews',
    'reading and tokenizing',
    'word pieces/s',
    'training, texts/s',
    'tokens/s',
    'time per token',
    'peak memory',
  ];
  return markdownTable(
    head,
    points.map((point) => [
      count(point.texts),
      `${readingOf(point).toFixed(2)} s`,
      count(point.pieces / readingOf(point)),
      (point.textsDone / point.seconds).toFixed(1),
      count(1 / perToken(point)),
      ms(perToken(point)),
      gib(point.peakBytes),
    ]),
  );
}

function textFindings(series) {
  const { points } = series;
  const { of, memory, token } = growthOf(series);
  const [first, last] = [points[0], points.at(-1)];
  const reading = of(readingOf);
  const ahead = Math.min(...points.map((point) => (point.pieces / readingOf(point)) * perToken(point)));
  return (
    `A token of ${count(last.texts)} reviews costs ${(perToken(last) / perToken(first)).toFixed(2)} times what one ` +
    `of ${count(first.texts)} does: time per token goes with texts^${power(token.exponent)}. Reading and tokenizing ` +
    `grow with texts^${power(reading.exponent)} and are at least ${count(ahead)} times as fast as training; peak ` +
    `memory grows with texts^${power(memory.exponent)}. Batches are of texts of like length.`
  );
}

function textPanels(series) {
  const { points, varies, name } = series;
  const { axis, variable } = WORDS[name];
  const values = points.map((point) => point[varies]);
  const x = { name: axis, log: true, ticks: values };
  const { of } = growthOf(series);
  const reading = powerLine(variable, of(readingOf));
  const readings = points.map(readingOf);
  return [
    {
      title: 'Training',
      colour: COLOURS.rate,
      x,
      y: { name: 'tokens a second' },
      points: points.map((point) => [point.texts, 1 / perToken(point)]),
      spreads: points.map(({ tokensDone, secondsSpread: { low, high } }) => ({
        low: tokensDone / high,
        high: tokensDone / low,
      })),
    },
    {
      title: 'Training',
      colour: COLOURS.time,
      x,
      y: { name: 'texts a second' },
      points: points.map((point) => [point.texts, point.textsDone / point.seconds]),
    },
    {
      title: 'Reading and tokenizing',
      colour: COLOURS.reading,
      x,
      y: { name: 'seconds', log: true, ticks: ticksAround([...readings, ...values.map(reading.at)]) },
      points: points.map((point, i) => [point.texts, readings[i]]),
      line: reading,
    },
    memoryPanel(series, values),
  ];
}
