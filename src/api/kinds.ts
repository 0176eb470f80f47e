/** What data and model have to agree on beside labels. */
import { DataError } from '../util/errors.js';

/** A `DataError` where a model that was trained on pairs is given single texts, or the other way round. */
export function requireKind(
  contract: { readonly textPair?: boolean } | undefined,
  examples: readonly { readonly textPair?: string | undefined }[],
  name: string,
): void {
  if (contract === undefined || examples.length === 0) return; // nobody knows what the model was trained on
  const trained = contract.textPair === true;
  const given = examples[0]!.textPair !== undefined;
  if (trained === given) return;
  throw new DataError(
    trained
      ? `${name} has single texts, and the model was trained on pairs. Name the column of the second texts: --text-pair-column <name>.`
      : `${name} has pairs of texts, and the model was trained on single ones. Name the column to read: --text-column <name>.`,
  );
}
