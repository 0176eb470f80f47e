/** Lines through points, one or several, on the same axes. */
import { html, type Markup, type Part } from '../html.js';
import { at, frame, type FrameOptions, type Scale } from './frame.js';

export type Point = readonly [x: number, y: number];

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Which of the page's colours: 0 to 5. */
  readonly tone: number;
  /** Whether each point is marked, with its value where one points at it. @default where there are few */
  readonly marks?: boolean;
  /** Dashed, and in the background: something to compare with. */
  readonly reference?: boolean;
}

export interface LinesOptions extends FrameOptions {
  readonly lines: readonly Line[];
  /** Drawn before the lines. */
  readonly behind?: (x: Scale, y: Scale) => Part;
  /** How a marked point's value is written. */
  readonly value?: (value: number) => string;
}

/** So many points are told apart. */
const MARKED = 40;
/** More than these are not seen in a drawing of this size. */
const MOST_POINTS = 400;

export function linesPlot({ lines, behind, value = String, ...options }: LinesOptions): Markup {
  return frame(options, (x, y) => [behind?.(x, y), lines.map((line) => drawLine(line, x, y, value))]);
}

function drawLine(
  { name, points, tone, reference, marks }: Line,
  x: Scale,
  y: Scale,
  value: (value: number) => string,
): Part {
  const kept = thinned(points);
  const path = kept.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${at(x(a))} ${at(y(b))}`).join('');
  // A line of one point is nothing but its mark.
  const marked = kept.length === 1 || (marks ?? (kept.length <= MARKED && reference !== true));
  return [
    html`<path class="line tone-${tone} ${reference ? 'reference' : ''}" d="${path}" />`,
    marked &&
      kept.map(
        ([a, b]) =>
          html`<circle class="dot tone-${tone}" cx="${at(x(a))}" cy="${at(y(b))}" r="2.6"
            ><title>${name}: ${value(b)}</title></circle
          >`,
      ),
  ];
}

/** At most so many points, evenly, the last one always. */
export function thinned<T>(points: readonly T[], most = MOST_POINTS): readonly T[] {
  const every = Math.ceil(points.length / most);
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** The names of lines beside their colours; nothing for a single one. */
export function legend(lines: readonly Pick<Line, 'name' | 'tone' | 'reference'>[]): Part {
  if (lines.length < 2) return null;
  return html`<ul class="legend">
    ${lines.map(
      ({ name, tone, reference }) =>
        html`<li>
          <svg class="swatch" viewBox="0 0 18 8" aria-hidden="true">
            <path class="line tone-${tone} ${reference ? 'reference' : ''}" d="M1 4H17" /></svg
          ><bdi>${name}</bdi>
        </li>`,
    )}
  </ul>`;
}
