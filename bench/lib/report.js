// Results as text: for the terminal, and as docs/benchmarks.md.
import { machineLine } from './machine.js';
import { markdownTable, textTable } from './table.js';

/**
 * @typedef {{ head: string[], rows: string[][], notes: string[] }} Table
 */

const gib = (bytes) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const digits = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** The median, and from where to where. @param {import('./statistics.js').Spread} values */
function spread({ median: middle, low, high }, unit = '') {
  const range = low === high ? '' : ` (${digits(low)} to ${digits(high)})`;
  return `${digits(middle)}${unit}${range}`;
}

function target(value, limit, atLeast) {
  if (limit === undefined) return '';
  const met = atLeast ? value >= limit : value <= limit;
  return `${atLeast ? '>=' : '<='} ${limit}x: ${met ? 'yes' : 'no'}`;
}

/** One part of a result. @returns {Table} */
export function tableOf(part) {
  return { speed: speedTable, time: timeTable, accuracy: accuracyTable }[part.kind](part);
}

function speedTable({ rows, stepTexts, ratioTitle = 'bertune is' }) {
  const step = stepTexts === undefined ? [] : ['ms a step'];
  const head = ['', 'texts/s', ...step, ratioTitle, 'target', 'peak memory', 'bertune takes', 'target'];
  const cells = rows.map((row) => {
    const { label, textsPerSecond, peakBytes, comparison = {}, note } = row;
    const { ratio, memory, atLeast, memoryAtMost } = comparison;
    return [
      note ? `${label} [*]` : label,
      spread(textsPerSecond),
      ...(stepTexts === undefined ? [] : [((1000 * stepTexts) / textsPerSecond.median).toFixed(0)]),
      ratio ? spread(ratio, 'x') : '',
      ratio ? target(ratio.median, atLeast, true) : '',
      gib(peakBytes),
      ratio ? `${memory.toFixed(2)}x` : '',
      ratio ? target(memory, memoryAtMost, false) : '',
    ];
  });
  return {
    head,
    rows: cells,
    notes: rows.filter(({ note }) => note).map(({ label, note }) => `${label}: ${note}`),
  };
}

function timeTable({ rows }) {
  const head = ['', 'seconds', 'bertune takes', 'target'];
  const cells = rows.map(({ label, seconds, comparison }) => [
    label,
    spread(seconds),
    comparison ? spread(comparison.ratio, 'x') : '',
    comparison ? target(comparison.ratio.median, comparison.atMost, false) : '',
  ]);
  return { head, rows: cells, notes: [] };
}

function accuracyTable({ rows }) {
  const head = ['', 'mean', 'standard deviation', 'each seed', 'target'];
  const cells = rows.map(({ label, accuracy, runs, atLeast }) => [
    label,
    percent(accuracy.mean),
    `${(100 * accuracy.deviation).toFixed(1)} points`,
    runs.map((run) => percent(run.accuracy)).join(', '),
    atLeast === undefined ? '' : `>= ${percent(atLeast)}: ${accuracy.mean >= atLeast ? 'yes' : 'no'}`,
  ]);
  return { head, rows: cells, notes: [] };
}

/** What the figures are from. */
function setting({ machine, versions, date, rounds, quick }) {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machineLine(machine)}.`,
    ...(named.length > 0 ? [`${named.join(', ')}.`] : []),
    `${date.slice(0, 10)}, ${rounds} rounds in turn: medians, and the lowest to the highest.`,
    ...(quick ? ['With --quick: shows that it works; the figures mean nothing.'] : []),
  ];
}

/** For the terminal. */
export function textReport(result) {
  const parts = result.parts.map((part) => {
    const { head, rows, notes } = tableOf(part);
    return [part.title, '', textTable(head, rows), ...notes.map((note) => `[*] ${note}`), ''].join('\n');
  });
  return [...parts, ...setting(result), ...result.leftOut.map((why) => `Left out: ${why}`)].join('\n');
}

/** docs/benchmarks.md. @param {readonly object[]} results each of one bench, in the order of the page */
export function markdownReport(results) {
  const sections = results.map((result) => {
    const parts = result.parts.map((part) => {
      const { head, rows, notes } = tableOf(part);
      const title = result.parts.length > 1 ? [`**${part.title}**`, ''] : [];
      const stars = notes.length > 0 ? ['', ...notes.map((note) => `- [*] ${note}`)] : [];
      return [...title, markdownTable(head, rows), ...stars, ''].join('\n');
    });
    const leftOut = result.leftOut.map((why) => `Left out: ${why}`);
    return [
      `## ${result.name}`,
      '',
      `${result.about[0].toUpperCase()}${result.about.slice(1)}: \`${result.command}\``,
      '',
      ...parts,
      [...setting(result), ...leftOut].join(' '),
      '',
    ].join('\n');
  });
  return `${[INTRODUCTION, ...sections].join('\n').trimEnd()}\n`;
}

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- report\` from \`bench/results/*.json\`; not by hand.

Every contender is a process of its own, all get the same weights, token ids (or texts) and batch size, and they work
strictly in turn, a slice each, so that the machine's noise hits all alike. Before anything is timed, each peer has to
give the same loss or probabilities as bertune. Each is at its best: all threads, and where it helps batches of like
length. "bertune is" compares round by round; memory is the process's peak. How cost grows: \`npm run bench -- growth\`.

\`\`\`sh
python -m venv .bench && .bench/bin/pip install -r bench/peers/requirements.txt # the peers in Python
npm ci --prefix bench/peers                                                     # transformers.js
npm run bench                                                                   # what there is
\`\`\`
`;
