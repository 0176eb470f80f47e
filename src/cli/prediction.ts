/** How a prediction is shown in a terminal. */
import type { Prediction } from '../predict/classifier.js';
import { out, percent, print, shown } from './terminal.js';

/** `positive   98.2 %  A fine film.`, `unsure (positive)  54.1 %  A film.`, `action, comedy  A fine film.` or `4.31  A fine film.` */
export function printPlain(prediction: Prediction): void {
  const { label, labels, value, score, scores, text, textPair } = prediction;
  const written = shown(textPair === undefined ? text : `${text} | ${textPair}`, 90);
  if (value !== undefined)
    print(`${out.bold(String(Number(value.toPrecision(5))).padStart(10))}  ${written}`);
  else if (labels) {
    const given = labels.map((name) => `${out.bold(shown(name, 30))} ${percent(scores[name]!)}`).join(', ');
    print(`${given === '' ? out.dim(`none (${shown(label, 30)} ${percent(score)})`) : given}  ${written}`);
  } else print(`${out.bold(answer(prediction).padEnd(10))} ${percent(score).padStart(7)}  ${written}`);
}

/** The label; below a threshold what it would be, as no more than a hint. */
export function answer({ label, unsure, likeliest = label }: Prediction): string {
  return unsure === true ? `${label} (${shown(likeliest, 30)})` : shown(label, 30);
}
