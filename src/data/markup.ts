/** Cleaning of texts that mostly have nothing to clean: the HTML parser is imported when the first markup is met. */
import type { Cleaning } from './clean.js';
import { mayHoldMarkup } from './html-names.js';

/** The texts cleaned, as by `clean`. */
export async function cleanAll(texts: readonly string[], cleaning: Cleaning): Promise<readonly string[]> {
  if (cleaning === 'none' || !texts.some(mayHoldMarkup)) return texts;
  const { clean } = await import('./clean.js');
  return texts.map((text) => clean(text, cleaning));
}
