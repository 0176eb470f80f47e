/** The frame of a plot: two axes with round numbers, and room between them. Drawn for 360 units of width, as on a phone. */
import { nice, tickIncrement, ticks } from 'd3-array';
import { html, type Markup, type Part } from '../html.js';

export interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  /** How a number is written on the axis. @default with as many digits as its steps need */
  readonly format?: (value: number) => string;
  /** About how many numbers. @default 5 */
  readonly ticks?: number;
}

export interface FrameOptions {
  /** What is drawn, in words, for who can't see it. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** @default 250 */
  readonly height?: number;
}

/** Where a value lies in the drawing. */
export type Scale = (value: number) => number;

export const WIDTH = 360;
// Room for numbers such as 1.0e-4 beside the name of the axis.
const LEFT = 58;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 38;

/** A number of the drawing, without digits that nobody sees. */
export const at = (value: number): string => String(Math.round(value * 100) / 100);

/** From a round number to a round number around two values; a little room where they are the same. */
export function roundDomain([low, high]: readonly [number, number]): [number, number] {
  if (!(high > low)) return low === 0 ? [0, 1] : [Math.min(0, 2 * low), Math.max(0, 2 * low)];
  return nice(low, high, 5);
}

/** Draws the frame, and within it what `draw` gives. */
export function frame(
  { title, x, y, height = 250 }: FrameOptions,
  draw: (x: Scale, y: Scale) => Part,
): Markup {
  const scaleX = scale(x.domain, [LEFT, WIDTH - RIGHT]);
  const scaleY = scale(y.domain, [height - BOTTOM, TOP]);
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
    ${yTicks(y, scaleY)} ${xTicks(x, scaleX, height)}
    <text class="axis-label" x="${at((LEFT + WIDTH - RIGHT) / 2)}" y="${height - 5}" text-anchor="middle">
      ${x.label}
    </text>
    <text
      class="axis-label"
      transform="translate(11 ${at((TOP + height - BOTTOM) / 2)}) rotate(-90)"
      text-anchor="middle"
    >
      ${y.label}
    </text>
    ${draw(scaleX, scaleY)}
  </svg>`;
}

function scale([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

function xTicks(axis: Axis, place: Scale, height: number): Part {
  const { values, format } = ticksOf(axis);
  return values.map(
    (value) =>
      html`<text class="tick" x="${at(place(value))}" y="${height - BOTTOM + 15}" text-anchor="middle">
        ${format(value)}
      </text>`,
  );
}

function yTicks(axis: Axis, place: Scale): Part {
  const { values, format } = ticksOf(axis);
  return values.map(
    (value) =>
      html`<line
          class="grid"
          x1="${LEFT}"
          x2="${WIDTH - RIGHT}"
          y1="${at(place(value))}"
          y2="${at(place(value))}"
        />
        <text class="tick" x="${LEFT - 6}" y="${at(place(value) + 3.5)}" text-anchor="end">
          ${format(value)}
        </text>`,
  );
}

function ticksOf({ domain: [from, to], format, ticks: count = 5 }: Axis): {
  values: number[];
  format: (value: number) => string;
} {
  return { values: ticks(from, to, count), format: format ?? digitsFor(from, to, count) };
}

/** Writes numbers with the digits that the steps between them have; large and tiny ones short. */
function digitsFor(from: number, to: number, count: number): (value: number) => string {
  const step = tickIncrement(from, to, count); // negative: one of so many parts of 1
  const digits = step > 0 ? 0 : Math.ceil(Math.log10(-step) - 1e-9);
  return (value) => {
    if (value === 0) return '0';
    if (digits > 3) return value.toExponential(Math.max(0, digits + Math.floor(Math.log10(Math.abs(value))))).replace('e+', 'e'); // prettier-ignore
    return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
}
