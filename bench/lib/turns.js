// Contenders that work strictly in turn, so that the machine's noise hits all alike.
import { Contender } from './contender.js';
import { sumOf } from './statistics.js';

/**
 * @typedef {import('./contender.js').ContenderSpec} ContenderSpec
 * @typedef {import('./statistics.js').Work} Work
 * @typedef {object} Result
 * @property {Work[]} rounds
 * @property {number} peakBytes
 * @property {Record<string, string>} versions
 */

/**
 * Starts all, one after another; each does a slice to warm up, then `rounds` times `slices` slices: A B C A B C ...
 *
 * @param {readonly ContenderSpec[]} specs
 * @param {object} plan
 * @param {number} plan.rounds
 * @param {number} plan.slices in each round
 * @param {(ready: Map<string, object>) => void} [plan.check] throws when their answers differ
 * @param {(text: string) => void} [plan.say]
 * @returns {Promise<Map<string, Result>>}
 */
export async function inTurn(specs, { rounds, slices, check, say = () => undefined }) {
  const contenders = [];
  try {
    const ready = new Map();
    for (const spec of specs) {
      say(`starting ${spec.label}`);
      const contender = new Contender(spec);
      contenders.push(contender);
      ready.set(spec.id, await contender.ready());
    }
    check?.(ready);
    for (const contender of contenders) {
      if (contender.spec.brief) continue;
      const { seconds } = await contender.slice();
      say(`warmed up ${contender.spec.label} (${seconds.toFixed(1)} s)`);
    }
    const done = new Map(specs.map(({ id }) => [id, []]));
    for (let round = 0; round < rounds; round++) {
      const parts = new Map(specs.map(({ id }) => [id, []]));
      for (let slice = 0; slice < slices; slice++) {
        const rates = [];
        for (const contender of contenders) {
          if (contender.spec.brief && (round > 0 || slice > 0)) continue;
          const work = await contender.slice();
          parts.get(contender.spec.id).push(work);
          rates.push(`${contender.spec.label} ${(work.texts / work.seconds).toFixed(2)}`);
        }
        say(`round ${round + 1} of ${rounds}, slice ${slice + 1} of ${slices}, texts/s: ${rates.join('; ')}`);
      }
      for (const [id, works] of parts) if (works.length > 0) done.get(id).push(sumOf(works));
    }
    const results = new Map();
    for (const contender of contenders) {
      const { id } = contender.spec;
      const { peakBytes } = await contender.end();
      results.set(id, { rounds: done.get(id), peakBytes, versions: ready.get(id).versions ?? {} });
    }
    return results;
  } finally {
    for (const contender of contenders) contender.kill();
  }
}
