// Tables for a terminal and for Markdown.

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function textTable(head, rows) {
  const widths = widthsOf([head, ...rows]);
  const line = (cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** As Prettier writes it. @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function markdownTable(head, rows) {
  const widths = widthsOf([head, ...rows]).map((width) => Math.max(3, width));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function widthsOf(rows) {
  return rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
}
