/* eslint-disable no-control-regex -- escape sequences are what this reads */
// Draws what a terminal showed as an SVG: node scripts/terminal-picture.js '$ npm start' < captured.txt > docs/demo.svg
// The capture is plain text with ANSI colours, as `script -qec "npm start" captured.txt` leaves it.
import { readFileSync } from 'node:fs';

const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 36: '#79c0ff' };

/** A colour of the 256: of those only the cube of six shades each of red, green and blue is in use, and black. */
function ofCube(number) {
  const shade = (step) => (step === 0 ? 0 : 55 + 40 * step);
  const n = Math.max(0, number - 16);
  return `rgb(${shade(Math.floor(n / 36))},${shade(Math.floor(n / 6) % 6)},${shade(n % 6)})`;
}
const [LINE, WIDTH, FONT, PAD] = [19, 8.43, 14, 18];

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** What stands on the screen at the end: a bar that was redrawn leaves its last state. */
function screen(text) {
  return text
    .replace(/\u001b\[[01]?G/g, '\r') // to the first column
    .replace(/\u001b(?:[78]|\[(?![\d;]*m)[\d;?]*[A-Za-z])/g, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, '').split('\r').at(-1).trimEnd());
}

/** A line's text, and the rectangles behind what has a background. */
function spans(line, y) {
  let style = '';
  let behind = '';
  let column = 0;
  let rectangles = '';
  const text = line
    .split(/(\u001b\[[\d;]*m)/)
    .map((part) => {
      const code = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
      if (code === undefined) {
        const length = Array.from(part).length;
        if (behind !== '' && length > 0) {
          const [x, width] = [PAD + column * WIDTH, length * WIDTH];
          rectangles += `<rect x="${x.toFixed(1)}" y="${y - 14}" width="${width.toFixed(1)}" height="${LINE}" fill="${behind}"/>`;
        }
        column += length;
        return part && `<tspan${style}>${escape(part)}</tspan>`;
      }
      const cube = /^([34]8);5;(\d+)$/.exec(code);
      if (cube?.[1] === '38') style = ` fill="${ofCube(Number(cube[2]))}"`;
      else if (cube) behind = ofCube(Number(cube[2]));
      for (const each of cube ? [] : code.split(';')) {
        if (COLOURS[each]) style = ` fill="${COLOURS[each]}"`;
        else if (each === '1') style += ' font-weight="bold"';
        else if (['0', '', '22', '39'].includes(each)) style = '';
        if (['0', ''].includes(each)) behind = '';
      }
      return '';
    })
    .join('');
  return { text, rectangles };
}

const lines = [process.argv[2] ?? '$', ...screen(readFileSync(0, 'utf8'))];
while (lines.at(-1) === '') lines.pop();
const columns = Math.max(...lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, '').length), 80);
const [width, height] = [Math.ceil(columns * WIDTH + 2 * PAD), lines.length * LINE + 2 * PAD];
const rows = lines.map((line, i) => {
  const y = PAD + 14 + i * LINE;
  const { text, rectangles } = spans(line, y);
  return `${rectangles}<text x="${PAD}" y="${y}">${text}</text>`;
});
process.stdout
  .write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<style>text { white-space: pre }</style>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${FONT}" fill="#e6edf3" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`);
