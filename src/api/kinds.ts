/** What data and model have to agree on beside labels. */
import { DataError, UsageError } from '../util/errors.js';
import type { ProblemType } from '../util/problem.js';

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

/**
 * A `UsageError` for a model or data of several labels or of numbers, where only one class for each text has a meaning.
 *
 * @param of the run, or what the data is called
 * @param what what there is for classes alone, as in `only models of classes are compared`
 */
export function requireClasses(of: string, problemType: ProblemType, what: string): void {
  if (problemType === 'single_label_classification') return;
  throw new UsageError(`${of} is for ${problemType}; ${what}: expected one label for each text.`);
}
