// Plots as SVG text, drawn by ECharts without a browser.
import * as echarts from 'echarts';

const PANEL = { width: 460, height: 330, left: 72, right: 22, top: 56, bottom: 58 };
const INK = '#24292f';
const FAINT = '#6e7781';
const GRID = '#e4e8ec';
// No name in quotes: ECharts writes it into an attribute as it is.
const FONT = 'system-ui, -apple-system, Helvetica, Arial, sans-serif';
export const COLOURS = { time: '#0969da', memory: '#8250df', rate: '#1a7f37', reading: '#bc4c00' };

/**
 * @typedef {object} Axis
 * @property {string} name with its unit
 * @property {boolean} [log]
 * @property {readonly number[]} [ticks]
 *
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} colour
 * @property {Axis} x
 * @property {Axis} y
 * @property {readonly (readonly [number, number])[]} points
 * @property {readonly { low: number, high: number }[]} [spreads] of each point
 * @property {{ label: string, at: (x: number) => number }} [line] dashed: what the points are compared with
 */

/** @param {readonly Panel[]} panels two in a row @returns {string} */
export function drawPanels(panels) {
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const [width, height] = [columns * PANEL.width, rows * PANEL.height];
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  const corners = panels.map((_, i) => ({
    left: (i % columns) * PANEL.width,
    top: Math.floor(i / columns) * PANEL.height,
  }));
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: panels.map(({ title, line }, i) => titleAt(title, line, corners[i])),
    grid: corners.map(({ left, top }) => ({
      left: left + PANEL.left,
      top: top + PANEL.top,
      width: PANEL.width - PANEL.left - PANEL.right,
      height: PANEL.height - PANEL.top - PANEL.bottom,
    })),
    xAxis: panels.map(({ x }, i) => ({ ...axis(x), gridIndex: i, nameGap: 32 })),
    yAxis: panels.map(({ y }, i) => ({ ...axis(y), gridIndex: i, nameGap: 50 })),
    series: panels.flatMap(seriesOf),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function titleAt(text, line, { left, top }) {
  return {
    text,
    subtext: line ? `dashed: ${line.label}` : '',
    left: left + PANEL.left - 4,
    top: top + 6,
    itemGap: 4,
    textStyle: { fontSize: 15, fontWeight: 600, color: INK },
    subtextStyle: { fontSize: 12, color: FAINT },
  };
}

function axis({ name, log = false, ticks }) {
  const custom = ticks ? { customValues: [...ticks] } : {};
  return {
    type: log ? 'log' : 'value',
    ...(ticks ? { min: ticks[0], max: ticks.at(-1) } : { min: 0, boundaryGap: [0, '4%'] }),
    name,
    nameLocation: 'middle',
    nameTextStyle: { fontSize: 13, color: INK },
    axisLine: { show: true, lineStyle: { color: FAINT } },
    axisTick: { show: true, lineStyle: { color: FAINT }, ...custom },
    axisLabel: { fontSize: 12, color: INK, formatter: shortNumber, hideOverlap: true, ...custom },
    minorTick: { show: false },
    splitLine: { lineStyle: { color: GRID }, ...custom },
  };
}

function seriesOf({ colour, points, spreads, line, x }, panel) {
  const on = { xAxisIndex: panel, yAxisIndex: panel, silent: true };
  const measured = {
    ...on,
    type: 'line',
    data: points.map((point) => [...point]),
    color: colour,
    symbol: 'circle',
    symbolSize: 8,
    lineStyle: { width: 2 },
    z: 3,
  };
  const bars = (spreads ?? []).map(({ low, high }, i) => ({
    ...on,
    type: 'line',
    data: [low, high].map((value) => [points[i][0], value]),
    color: colour,
    symbol: 'rect',
    symbolSize: [8, 1.5],
    lineStyle: { width: 1.5 },
    z: 2,
  }));
  const dashed = line && {
    ...on,
    type: 'line',
    data: between(points, x.log).map((at) => [at, line.at(at)]),
    color: FAINT,
    symbol: 'none',
    lineStyle: { width: 1.5, type: 'dashed' },
    z: 1,
  };
  return [...(dashed ? [dashed] : []), ...bars, measured];
}

/** Places for a line that is smooth on either kind of axis. */
function between(points, log) {
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const share = Array.from({ length: 41 }, (_, i) => i / 40);
  return share.map((t) => (log ? first * (last / first) ** t : first + (last - first) * t));
}

function shortNumber(value) {
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
}

/** Steps of 1, 2 and 5 times powers of ten around positive values, for a logarithmic axis. */
export function ticksAround(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number((digit * 10 ** power).toPrecision(1)));
  }
  const first = ticks.findLastIndex((tick) => tick <= low);
  const last = ticks.findIndex((tick) => tick >= high);
  return ticks.slice(first, last + 1);
}
