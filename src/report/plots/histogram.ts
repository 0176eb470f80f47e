/** How many texts have which value. */
import { bin } from 'd3-array';
import { plural, thousands } from '../../util/wording.js';
import { html, type Markup, type Part } from '../html.js';
import { at, frame, roundDomain, type Axis, type Scale } from './frame.js';

export interface HistogramOptions {
  /** What is drawn, in words, for who can't see it. */
  readonly title: string;
  readonly x: Axis;
  /** One of each text, within the axis. */
  readonly values: readonly number[];
  /** What a bar's texts have in common. */
  readonly bar: (from: number, to: number) => string;
  /** Drawn over the bars. */
  readonly front?: (x: Scale, y: Scale) => Part;
}

const BARS = 30;

export function histogram({ title, x: axis, values, bar, front }: HistogramOptions): Markup {
  const domain: [number, number] = [axis.domain[0], axis.domain[1]];
  const bars = bin<number, number>().domain(domain).thresholds(BARS)(values);
  const most = Math.max(1, ...bars.map(({ length }) => length));
  return frame(
    {
      title,
      x: axis,
      y: {
        label: 'texts',
        domain: roundDomain([0, most]),
        format: (value) => (Number.isInteger(value) ? thousands(value) : ''),
      },
    },
    (x, y) => [
      bars.map(({ x0 = 0, x1 = 0, length }) =>
        length === 0
          ? null
          : html`<rect
              class="bar tone-0"
              x="${at(x(x0) + 0.4)}"
              y="${at(y(length))}"
              width="${at(Math.max(0.5, x(x1) - x(x0) - 0.8))}"
              height="${at(y(0) - y(length))}"
              ><title>${bar(x0, x1)}: ${plural(length, 'text')}</title></rect
            >`,
      ),
      front?.(x, y),
    ],
  );
}
