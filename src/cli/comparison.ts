/** How several runs are shown beside each other in a terminal. */
import { withRange, type ComparedRow, type Comparison } from '../report/compare.js';
import { out, print, say, shown, table, visible, wrapped } from './terminal.js';

/** @param width of the terminal; what is piped has no width */
export function printComparison(comparison: Comparison, width = process.stdout.columns || Infinity): void {
  const { runs, metrics, costs, differences, sameTexts } = comparison;
  const came = [...metrics, ...costs];
  const blank = { field: '', name: '', cells: runs.map(() => ({ value: null, text: '' })) };
  const wide = asTable(runs, differences.length > 0 ? [...came, blank, ...differences] : came);
  const fits = wide.split('\n').every((line) => visible(line) <= width);
  const blocks = (rows: readonly ComparedRow[]): string =>
    rows.map((row) => asBlock(runs, row, width)).join('\n');
  print(fits ? wide : [came, differences].map(blocks).join('\n\n').trimEnd());
  if (differences.length === 0) print('\nNothing that the runs write down is different.');
  const lines = Math.min(width, 100);
  if (!sameTexts) {
    print(
      `\n${wrapped("These runs were evaluated on different texts: their metrics can't be compared.", lines)}`,
    );
  } else if (comparison.problemType === 'single_label_classification') {
    say(
      wrapped(
        'In brackets are 95 % intervals. Where they overlap, "bertune compare" says whether a difference is more than chance.',
        lines,
      ),
    );
  }
}

/** A column for each run. */
function asTable(runs: readonly string[], rows: readonly ComparedRow[]): string {
  const all = [
    ['', ...runs.map((run) => shown(run, 60))],
    ...rows.map((row) => [row.name, ...cellsOf(row, 60)]),
  ];
  return table(
    all,
    runs.map((_, i) => i + 1),
  );
}

/** A line for each run, where their columns would be broken. */
function asBlock(runs: readonly string[], row: ComparedRow, width: number): string {
  const cells = cellsOf(row, Math.max(10, width - 12));
  const room = width - 4 - Math.max(...cells.map(visible));
  const rows = runs.map((run, i) => [`  ${ending(shown(run), Math.max(8, room))}`, cells[i]!]);
  return `${row.name}\n${table(rows, [1])}`;
}

function cellsOf({ cells, best }: ComparedRow, length: number): string[] {
  return cells.map((cell, i) => {
    const text = shown(withRange(cell), length);
    return i === best ? out.bold(text) : text;
  });
}

/** The end of a path tells more than its beginning. */
function ending(path: string, length: number): string {
  const characters = Array.from(path);
  return characters.length <= length ? path : `…${characters.slice(1 - length).join('')}`;
}
