/** The page of a run that is under way: it asks for itself again every few seconds, as no script may. */
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import { clock, gigabytes, percent, thousands } from '../util/wording.js';
import type { LogEntry } from './data.js';
import { html, type Markup, type Part } from './html.js';
import { page } from './page.js';
import { curves } from './sections/curves.js';
import { spaced, shownValue } from './sections/facts.js';
import { tile } from './sections/summary.js';

/** What is known of a run so far. */
export interface LiveData {
  readonly name: string;
  /** What is being done, in words. */
  readonly phase: string;
  /** How far it is with that, where that can be told. */
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly step?: number | undefined;
  readonly totalSteps?: number | undefined;
  readonly loss?: number | undefined;
  /** What stands for the kind of problem (`HEADLINE`), of the held-out texts at the last evaluation. */
  readonly heldOut?: number | undefined;
  readonly textsPerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
  /** Bytes that the process takes. */
  readonly memory: number;
  readonly log: readonly LogEntry[];
  readonly settings: Readonly<Record<string, unknown>>;
}

const REFRESH_SECONDS = 3;

const HELD_OUT: Readonly<Record<ProblemType, (value: number) => Markup>> = {
  single_label_classification: (value) => tile(percent(value), 'Held-out accuracy', null),
  multi_label_classification: (value) => tile(value.toFixed(3), 'Held-out F1, all labels together', null),
  regression: (value) => tile(value.toFixed(3), 'Held-out Pearson correlation', null),
};

function kindOf({ settings }: LiveData): ProblemType {
  return PROBLEM_TYPES.find((known) => known === settings['problemType']) ?? 'single_label_classification';
}

export function renderLive(data: LiveData): Promise<string> {
  const { name, phase, done, total, log, totalSteps, settings } = data;
  return page({
    title: `${name}: ${phase}`,
    refresh: REFRESH_SECONDS,
    body: html`<header>
        <h1><bdi>${name}</bdi></h1>
        <p class="verdict">${phase}</p>
        ${
          total !== undefined &&
          html`<progress value="${done}" max="${total}" aria-label="${phase}"></progress>
            <p class="note">
              ${thousands(done ?? 0)} of ${thousands(total)}, ${percent((done ?? 0) / Math.max(1, total), 0)}
            </p>`
        }
        <ul class="tiles">
          ${tilesOf(data)}
        </ul>
      </header>
      ${log.length > 0 && curves(log, { steps: totalSteps, problemType: kindOf(data), willEvaluate: Number(settings['evalSteps']) > 0, branches: Number(settings['branches'] ?? 1) })}
      ${settingsTable(settings)}
      <footer>
        This page is made anew every ${REFRESH_SECONDS} seconds. At its end the run's report stands here.
      </footer>`,
  });
}

function tilesOf(data: LiveData): Part {
  const { step, totalSteps, loss, heldOut, textsPerSecond, secondsLeft, memory } = data;
  return [
    step !== undefined &&
      tile(thousands(step), 'Updates', totalSteps !== undefined && `of ${thousands(totalSteps)}`),
    loss !== undefined && tile(loss.toFixed(4), 'Loss of the last update', null),
    heldOut !== undefined && HELD_OUT[kindOf(data)](heldOut),
    textsPerSecond !== undefined && tile(textsPerSecond.toFixed(1), 'Texts per second', null),
    secondsLeft !== undefined && tile(clock(secondsLeft), 'Left', 'without the evaluation'),
    tile(gigabytes(memory), 'Memory', null),
  ];
}

function settingsTable(settings: LiveData['settings']): Part {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return null;
  return html`<section>
    <details>
      <summary>Settings</summary>
      <div class="inside">
        <table>
          <tbody>
            ${entries.map(
              ([name, value]) =>
                html`<tr>
                  <td>${spaced(name)}</td>
                  <td class="number">${shownValue(value)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}
