/** The page of a sweep: which settings were tried, and how good each was on the validation texts. */
import { percent, plural, thousands } from '../util/wording.js';
import { VERSION } from '../util/version.js';
import { html, type Markup, type Part } from './html.js';
import { page } from './page.js';
import { at, frame, roundDomain } from './plots/frame.js';
import { linesPlot, type Line } from './plots/lines.js';
import { shareBar } from './sections/label-table.js';
import { shownValue, spaced } from './sections/facts.js';

export interface SweepData {
  /** What the sweep is called: its folder. */
  readonly name: string;
  readonly train_examples: number;
  readonly validation_examples: number;
  /** The best first. */
  readonly trials: readonly SweptTrial[];
}

export interface SweptTrial {
  readonly trial: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** At the end of each round that it was in; at least one. */
  readonly scores: readonly {
    /** Of its updates. */
    readonly share: number;
    readonly accuracy: number;
    readonly f1: number;
    readonly loss: number;
  }[];
}

const last = ({ scores }: SweptTrial): SweptTrial['scores'][number] => scores.at(-1)!;

/** The whole page; the same trials give the same bytes. */
export function renderSweep(data: SweepData): Promise<string> {
  const { name, trials, train_examples, validation_examples } = data;
  const best = trials[0]!;
  const names = differing(trials);
  return page({
    title: `${name}: settings tried`,
    body: html`<header>
        <h1><bdi>${name}</bdi></h1>
        <p class="verdict">
          The best of ${plural(trials.length, 'trial')} is right on ${percent(last(best).accuracy)} of
          ${thousands(validation_examples)} validation texts
        </p>
        <p>
          ${settingsIn(best, names)} Each learnt from ${thousands(train_examples)} texts. The accuracy of the
          best of many is a little too good; no test text was looked at.
        </p>
      </header>
      ${settingPlots(trials, names)} ${roundsPlot(trials)} ${trialTable(trials, names)}
      <footer>Made with bertune ${VERSION}.</footer>`,
  });
}

/** Settings that are not the same in all trials. */
function differing(trials: readonly SweptTrial[]): string[] {
  return Object.keys(trials[0]!.settings).filter(
    (name) => new Set(trials.map(({ settings }) => settings[name])).size > 1,
  );
}

function settingsIn({ trial, settings }: SweptTrial, names: readonly string[]): Part {
  if (names.length === 0) return null;
  return html`It is trial ${trial}, with
  ${names.map((name, i) => [i > 0 && ', ', html`${spaced(name)} ${shownValue(settings[name])}`])}.`;
}

/** A plot for each setting: its values beside each other, over each the trials that had it. */
function settingPlots(trials: readonly SweptTrial[], names: readonly string[]): Part {
  if (names.length === 0) return null;
  return html`<section>
    <h2>What each setting did</h2>
    <p class="note">
      Each point is a trial at the end of its last round. Faint ones were trained for a part of their updates
      only, as others were better.
    </p>
    <div class="plots ${names.length > 1 && 'pairs'}">
      ${names.map(
        (name) =>
          html`<figure>
            <figcaption>Accuracy by ${spaced(name)}</figcaption>
            ${settingPlot(trials, name)}
          </figure>`,
      )}
    </div>
  </section>`;
}

function settingPlot(trials: readonly SweptTrial[], name: string): Markup {
  const valueOf = ({ settings }: SweptTrial): unknown => settings[name];
  const values = [...new Set(trials.map(valueOf))].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
  const most = Math.max(...trials.map((trial) => last(trial).share));
  return frame(
    {
      title: `Accuracy of ${plural(trials.length, 'trial')} by ${spaced(name)}`,
      x: {
        label: spaced(name),
        domain: [-0.5, values.length - 0.5],
        ticks: values.length,
        format: (place) => (Number.isInteger(place) ? String(values[place]).slice(0, 12) : ''),
      },
      y: accuracyAxis(trials.map((trial) => last(trial).accuracy)),
    },
    (x, y) =>
      trials.map((trial) => {
        const { share, accuracy } = last(trial);
        return html`<circle
          class="dot tone-0 ${share < most && 'faint'}"
          cx="${at(x(values.indexOf(valueOf(trial))))}"
          cy="${at(y(accuracy))}"
          r="4"
          ><title>
            trial ${trial.trial}: ${percent(accuracy)} after ${percent(share, 0)} of its updates
          </title></circle
        >`;
      }),
  );
}

function accuracyAxis(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return {
    label: 'accuracy',
    domain: roundDomain([low, Math.max(high, low + 0.02)]),
    format: (value: number) => percent(value, high - low < 0.05 ? 1 : 0),
  };
}

/** How the trials went from round to round; nothing where all were trained whole at once. */
function roundsPlot(trials: readonly SweptTrial[]): Part {
  const all = trials.flatMap(({ scores }) => scores);
  if (new Set(all.map(({ share }) => share)).size < 2) return null;
  const lines = trials.map(({ trial, scores }, place): Line => ({
    name: `trial ${trial}`,
    points: scores.map(({ share, accuracy }) => [share, accuracy]),
    tone: place % 6,
  }));
  return html`<section>
    <h2>From round to round</h2>
    <p class="note">Those that were best after a part of their updates were trained anew for more of them.</p>
    <div class="plots">
      <figure>
        <figcaption>Accuracy by how much was trained</figcaption>
        ${linesPlot({
          title: `Accuracy of ${plural(trials.length, 'trial')} by the share of updates`,
          x: { label: 'of its updates', domain: [0, 1], format: (value) => percent(value, 0) },
          y: accuracyAxis(all.map(({ accuracy }) => accuracy)),
          lines,
          value: (value) => percent(value),
        })}
      </figure>
    </div>
  </section>`;
}

function trialTable(trials: readonly SweptTrial[], names: readonly string[]): Markup {
  return html`<section>
    <h2>All trials, the best first</h2>
    <div class="card scroll">
      <table class="wide">
        <thead>
          <tr>
            <th>trial</th>
            ${names.map((name) => html`<th class="number">${spaced(name)}</th>`)}
            <th class="number">trained</th>
            <th></th>
            <th class="number">accuracy</th>
            <th class="number">F1</th>
            <th class="number">loss</th>
          </tr>
        </thead>
        <tbody>
          ${trials.map((trial, place) => trialRow(trial, names, place === 0))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function trialRow(trial: SweptTrial, names: readonly string[], isBest: boolean): Markup {
  const { share, accuracy, f1, loss } = last(trial);
  return html`<tr>
    <td>${trial.trial}</td>
    ${names.map((name) => html`<td class="number"><bdi>${shownValue(trial.settings[name])}</bdi></td>`)}
    <td class="number">${percent(share, 0)}</td>
    <td class="drawn">${shareBar(accuracy, `Accuracy of trial ${trial.trial}`)}</td>
    <td class="number ${isBest && 'best'}">${percent(accuracy)}</td>
    <td class="number">${f1.toFixed(4)}</td>
    <td class="number">${loss.toFixed(4)}</td>
  </tr>`;
}
