/* eslint-disable no-control-regex -- escape sequences are what this reads */
// Draws what a terminal showed as an SVG: node scripts/terminal-picture.js '$ npm start' < captured.txt > docs/demo.svg
// The capture is plain text with ANSI colours, as `script -qec "npm start" captured.txt` leaves it.
import { readFileSync } from 'node:fs';

const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 36: '#79c0ff' };
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

function spans(line) {
  let style = '';
  return line
    .split(/(\u001b\[[\d;]*m)/)
    .map((part) => {
      const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1].split(';');
      if (!codes) return part && `<tspan${style}>${escape(part)}</tspan>`;
      for (const code of codes) {
        if (COLOURS[code]) style = ` fill="${COLOURS[code]}"`;
        else if (code === '1') style += ' font-weight="bold"';
        else if (['0', '', '22', '39'].includes(code)) style = '';
      }
      return '';
    })
    .join('');
}

const lines = [process.argv[2] ?? '$', ...screen(readFileSync(0, 'utf8'))];
while (lines.at(-1) === '') lines.pop();
const columns = Math.max(...lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, '').length), 80);
const [width, height] = [Math.ceil(columns * WIDTH + 2 * PAD), lines.length * LINE + 2 * PAD];
const rows = lines.map((line, i) => `<text x="${PAD}" y="${PAD + 14 + i * LINE}">${spans(line)}</text>`);
process.stdout
  .write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${FONT}" fill="#e6edf3" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`);
