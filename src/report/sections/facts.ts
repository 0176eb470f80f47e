/** What the run was: data, settings, versions, time and memory. */
import { clock, gigabytes, thousands } from '../../util/wording.js';
import type { Costs, RunFacts } from '../data.js';
import { html, type Markup, type Part } from '../html.js';

type Row = readonly [name: string, value: Part];

export function facts(
  { baseModel, data, settings, versions, labels }: RunFacts,
  costs: Costs | undefined,
): Markup {
  return html`<section>
    <h2>How it was made</h2>
    <div class="plots">
      ${costs && rows('Time and memory', costRows(costs))}
      ${rows('Data', [
        ['model it began from', html`<bdi>${baseModel}</bdi>`],
        ...labelsRow(labels.length, settings['problemType']),
        ...Object.entries(data).flatMap(([name, value]) => dataRow(name, value)),
      ])}
      ${rows(
        'Settings',
        Object.entries(settings).map(([name, value]): Row => [spaced(name), shownValue(value)]),
      )}
      ${rows('Versions', Object.entries(versions))}
    </div>
  </section>`;
}

/** A number to predict has no classes. */
function labelsRow(count: number, problemType: unknown): Row[] {
  if (problemType === 'regression') return [];
  return [[problemType === 'multi_label_classification' ? 'labels' : 'classes', thousands(count)]];
}

function costRows({ trainSeconds, evaluationSeconds, peakMemory, tokensSeen, textsPerSecond }: Costs): Row[] {
  const seconds = (value: number): string => (value < 10 ? `${value.toFixed(1)} s` : clock(value));
  const all: (readonly [string, number | undefined, (value: number) => string])[] = [
    ['training', trainSeconds, seconds],
    ['texts trained on per second', textsPerSecond, (value) => value.toFixed(1)],
    ['tokens seen', tokensSeen, thousands],
    ['evaluation', evaluationSeconds, seconds],
    ['memory at its peak', peakMemory, gigabytes],
  ];
  return all.flatMap(([name, value, format]): Row[] => (value === undefined ? [] : [[name, format(value)]]));
}

/** What tells people something; how to find the texts again is for programs. */
const FOR_PROGRAMS = ['source'];

function dataRow(name: string, value: unknown): Row[] {
  if (FOR_PROGRAMS.includes(name) || value === null || value === undefined) return [];
  return [[spaced(name), shownValue(value)]];
}

function rows(name: string, entries: readonly Row[]): Part {
  if (entries.length === 0) return null;
  return html`<div class="card">
    <table class="wide facts">
      <thead>
        <tr>
          <th colspan="2">${name}</th>
        </tr>
      </thead>
      <tbody>
        ${entries.map(
          ([key, value]) =>
            html`<tr>
              <td>${key}</td>
              <td class="number">${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** `batchSize` and `train_examples` -> `batch size`, `train examples` */
export function spaced(name: string): string {
  return name
    .replace(/_/g, ' ')
    .replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}

export function shownValue(value: unknown): Part {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  // A hash is compared by its beginning, and a whole one has no place to break.
  if (typeof value === 'string')
    return /^[0-9a-f]{64}$/.test(value)
      ? html`<code>${value.slice(0, 12)}…</code>`
      : html`<bdi>${value}</bdi>`;
  if (Array.isArray(value)) return value.map((each, i) => [i > 0 && ', ', shownValue(each)]);
  return html`<code>${JSON.stringify(value)}</code>`;
}
