/** How an explanation is shown in a terminal. */
import { shortened } from '../explain/html.js';
import { rankWords, stretchesOf, STRENGTHS, type RankedWord } from '../explain/ranking.js';
import type { Explanation } from '../predict/classifier.js';
import { answer } from './prediction.js';
import { out, percent, print, shown, thousands, wrapped } from './terminal.js';
import { plural } from '../util/wording.js';

/** Of the 256 colours, from weak to strong; dark letters are readable on all of them. */
const GREENS = [194, 157, 120, 77];
const REDS = [224, 217, 210, 203];
const INK = 16;

/** A text with a background by strength, from -4 to 4; as it is where there are no colours. */
function painted(text: string, strength: number): string {
  if (strength === 0 || !out.isColorSupported) return text;
  const colour = (strength > 0 ? GREENS : REDS)[Math.min(STRENGTHS, Math.abs(strength)) - 1]!;
  return `\u001b[38;5;${INK}m\u001b[48;5;${colour}m${text}\u001b[0m`;
}

/** The text with its words coloured, whatever control characters it holds. */
export function colouredText({ text, words }: Pick<Explanation, 'text' | 'words'>): string {
  const parts = shortened(stretchesOf(text, words)).map(({ text: part, strength }) => {
    // White space at the ends is part of the text here.
    const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(part) ?? [];
    const safe = shown(inner);
    const space = (white: string): string => (white === '' ? '' : ' ');
    return space(before) + (strength === null ? out.dim(safe) : painted(safe, strength)) + space(after);
  });
  return parts.join('');
}

/** The legend of the colours; nothing without them. */
export function legend(): string | undefined {
  if (!out.isColorSupported) return undefined;
  const scale = (sign: number): string =>
    Array.from({ length: STRENGTHS }, (_, i) => painted(' ', sign * (i + 1))).join('');
  return `${scale(1)} for   ${scale(-1)} against`;
}

/** Prediction, coloured text, and the words that count most. */
export function printExplanation(explanation: Explanation, most: number): void {
  const { score, value, explained, logit, baseline_logit, words, residual, complete, cut } = explanation;
  // A number is its own logit: it has no name and no probability.
  const isNumber = value !== undefined;
  print(
    isNumber
      ? out.bold(String(Number(value.toPrecision(5))))
      : `${out.bold(answer(explanation))} ${percent(score)}`,
  );
  const from = `${baseline_logit.toFixed(3)} without words`;
  print(
    `${isNumber ? 'Number' : `Logit of "${shown(explained, 30)}"`}  ${logit.toFixed(3)}, ${from}: ${signed(logit - baseline_logit)}`,
  );
  const rest = `they sum to ${signed(logit - baseline_logit + residual)}`;
  print(out.dim(complete ? `Words' contributions are complete: ${rest}` : `Not complete: ${rest}`));
  const key = legend();
  if (key) print(key);
  print();
  print(wrapped(colouredText(explanation)));
  print();
  if (cut > 0) {
    const lost = words.filter(({ contribution }) => contribution === null).length;
    print(
      out.yellow(
        `Not read: ${thousands(lost)} of ${plural(words.length, 'word')} (${plural(cut, 'word piece')}), beyond the model's length.`,
      ),
    );
    print();
  }
  const ranked = rankWords(words, most);
  printWords(isNumber ? 'Upwards' : `For "${shown(explained, 30)}"`, ranked.for, ranked);
  printWords(isNumber ? 'Downwards' : 'Against', ranked.against, ranked);
}

const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;

/** Blocks of the longest bar. */
const BAR = 24;

function printWords(
  title: string,
  list: readonly RankedWord[],
  all: { readonly for: readonly RankedWord[]; readonly against: readonly RankedWord[] },
): void {
  if (list.length === 0) return;
  const everything = [...all.for, ...all.against];
  const largest = Math.max(...everything.map(({ contribution }) => Math.abs(contribution)));
  const name = ({ word, times }: RankedWord): string => shown(word, 24) + (times > 1 ? ` x ${times}` : '');
  const width = Math.max(...everything.map((word) => name(word).length));
  print(title);
  for (const word of list) {
    const { contribution } = word;
    const bar = '█'.repeat(Math.round((BAR * Math.abs(contribution)) / largest)) || '▏';
    const colour = contribution > 0 ? out.green : out.red;
    print(`  ${name(word).padEnd(width)}  ${signed(contribution).padStart(7)}  ${colour(bar)}`);
  }
}
