/** How an explanation is shown in a terminal. */
import { shortened } from '../explain/html.js';
import { largestOf, rankWords, stretchesOf, STRENGTHS, type RankedWord } from '../explain/ranking.js';
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
export function colouredText(
  { text, words }: Pick<Explanation, 'text' | 'words'>,
  largest = largestOf(words),
): string {
  const parts = shortened(stretchesOf(text, words, largest)).map(({ text: part, strength }) => {
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
  const { score, value, explained, logit, baseline_logit, residual, complete, cut } = explanation;
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
  const texts = textsIn(explanation);
  const all = texts.flatMap(({ words }) => words);
  for (const { name, words, ...rest } of texts) {
    print();
    if (name !== undefined) print(`${name} text, ${signed(sumOf(words))}`);
    print(wrapped(colouredText({ ...rest, words }, largestOf(all))));
  }
  print();
  if (cut > 0) {
    const lost = all.filter(({ contribution }) => contribution === null).length;
    print(
      out.yellow(
        `Not read: ${thousands(lost)} of ${plural(all.length, 'word')} (${plural(cut, 'word piece')}), beyond the model's length.`,
      ),
    );
    print();
  }
  // Bars and colours of both texts have one scale.
  const ranked = texts.map(({ words }) => rankWords(words, most));
  const shownWords = ranked.flatMap((each) => [...each.for, ...each.against]);
  for (const [i, { name }] of texts.entries()) {
    const title = (what: string): string =>
      name === undefined ? what : `${name} text, ${what.toLowerCase()}`;
    printWords(
      isNumber ? title('Upwards') : `${title('For')} "${shown(explained, 30)}"`,
      ranked[i]!.for,
      shownWords,
    );
    printWords(title(isNumber ? 'Downwards' : 'Against'), ranked[i]!.against, shownWords);
  }
}

/** The one text, or both of a pair with a name. */
export function textsIn({
  text,
  words,
  textPair,
  pair_words: others = [],
}: Pick<Explanation, 'text' | 'words' | 'textPair' | 'pair_words'>): {
  readonly name?: string;
  readonly text: string;
  readonly words: Explanation['words'];
}[] {
  if (textPair === undefined) return [{ text, words }];
  return [
    { name: 'First', text, words },
    { name: 'Second', text: textPair, words: others },
  ];
}

const sumOf = (words: Explanation['words']): number =>
  words.reduce((sum, { contribution }) => sum + (contribution ?? 0), 0);

const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;

/** Blocks of the longest bar. */
const BAR = 24;

function printWords(title: string, list: readonly RankedWord[], everything: readonly RankedWord[]): void {
  if (list.length === 0) return;
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
