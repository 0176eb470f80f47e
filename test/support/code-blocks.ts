/** The code in the pages of docs/, so that what is shown there is run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The blocks of a language, in their order. */
export function codeBlocks(page: string, language: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!);
}
