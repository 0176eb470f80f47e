// From what contenders did to the rows of a table.
import { speedRatio, spreadOf, textRates } from './statistics.js';

/**
 * @typedef {object} Comparison
 * @property {string} of a contender's id
 * @property {readonly string[]} against ids: the targets are for the best of those that ran
 * @property {string} [row] the contender in whose row it is shown; by default the one that is compared with
 * @property {number} [atLeast] target: times as fast
 * @property {number} [memoryAtMost] target: its peak memory as a share of the other's
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} label
 * @property {string | undefined} note
 * @property {Record<string, string>} versions
 * @property {import('./statistics.js').Work[]} rounds
 * @property {import('./statistics.js').Spread} textsPerSecond
 * @property {number} peakBytes
 * @property {object} [comparison] ids, `ratio` (how many times as fast), `memory` (a share), and the targets
 */

/**
 * One row for each contender, with its comparison.
 *
 * @param {readonly import('./contender.js').ContenderSpec[]} specs
 * @param {Map<string, import('./turns.js').Result>} results
 * @param {readonly Comparison[]} comparisons
 * @returns {Row[]}
 */
export function speedRows(specs, results, comparisons) {
  const rows = specs.map(({ id, label, note }) => {
    const { rounds, peakBytes, versions } = results.get(id);
    return { id, label, note, versions, rounds, textsPerSecond: spreadOf(textRates(rounds)), peakBytes };
  });
  const find = (id) => rows.find((row) => row.id === id);
  for (const { of, against, row, ...targets } of comparisons) {
    const subject = find(of);
    if (!subject) continue;
    const all = against
      .map(find)
      .filter((other) => other !== undefined)
      .map((other) => ({
        other,
        ratio: speedRatio(subject.rounds, other.rounds),
        memory: subject.peakBytes / other.peakBytes,
      }))
      .sort((a, b) => a.ratio.median - b.ratio.median);
    all.forEach(({ other, ratio, memory }, place) => {
      const shown = row === undefined ? other : find(row);
      shown.comparison = { of, against: other.id, ratio, memory, ...(place === 0 && targets) };
    });
  }
  return rows;
}
