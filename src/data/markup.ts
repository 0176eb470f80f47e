/** Cleaning of texts that mostly have nothing to clean: the HTML parser is imported when the first markup is met. */
import type { Cleaning } from './clean.js';
import { mayHoldMarkup } from './html-names.js';

/** The texts cleaned, as by `clean`. */
export async function cleanAll(texts: readonly string[], cleaning: Cleaning): Promise<readonly string[]> {
  return texts.map(await cleanerFor(texts, cleaning));
}

/** What cleans these texts. */
export async function cleanerFor(
  texts: readonly string[],
  cleaning: Cleaning,
): Promise<(text: string) => string> {
  if (cleaning === 'none' || !texts.some(mayHoldMarkup)) return (text) => text;
  const { clean } = await import('./clean.js');
  return (text) => clean(text, cleaning);
}
