/** Small reviews in words that the tiny model knows, and files of them. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Review {
  readonly text: string;
  readonly label: string;
}

const OPENINGS = ['a', 'this is a', 'the movie is a', 'not just a', 'for me it was a very'];
const WORDS = [
  ['boring', 'terrible', 'dull', 'awful', 'lazy', 'weak', 'ugly'],
  ['charming', 'wonderful', 'superb', 'great', 'clever', 'warm', 'brilliant'],
  ['simple', 'long', 'quick', 'slow', 'nice', 'fine', 'rich'],
];
const ENDINGS = ['film', 'story with a good cast', 'script', 'mess of a plot, and it was too long', 'scene!'];

/** So many reviews of various lengths, each class in turn, all different. */
export function reviews(count: number, labels: readonly string[] = ['negative', 'positive']): Review[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = i % labels.length;
    const round = Math.floor(i / labels.length);
    const word = WORDS[kind % WORDS.length]![round % 7]!;
    const ending = ENDINGS[Math.floor(round / 3) % 5]!;
    return { text: `${OPENINGS[round % 5]!} ${word} ${ending}`, label: labels[kind]! };
  });
}

/** Rows as CSV, every field in quotes. */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(',') + '\n').join('');
}

export function reviewsCsv(rows: readonly Review[], header: readonly string[] = ['text', 'label']): string {
  return csv([header, ...rows.map(({ text, label }) => [text, label])]);
}

/** Writes reviews as CSV into a folder; gives the path. */
export function writeReviews(folder: string, name: string, rows: readonly Review[]): string {
  const path = join(folder, name);
  writeFileSync(path, reviewsCsv(rows));
  return path;
}

export function sha256(...path: string[]): string {
  return createHash('sha256')
    .update(readFileSync(join(...path)))
    .digest('hex');
}

export function readJsonFile(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}
