/** What a command classifies: texts on its line, those of a file, or what is typed or piped. */
import { UsageError } from '../util/errors.js';

interface SourceFlags {
  readonly file?: string;
  readonly textPair?: string;
  readonly textColumn?: string;
  readonly textPairColumn?: string;
}

/** @throws `UsageError` for flags that don't go together */
export function checkSource(texts: readonly string[], flags: SourceFlags): void {
  if (flags.file !== undefined && texts.length > 0) {
    throw new UsageError('give either texts or --file, not both.');
  }
  for (const [flag, given] of [
    ['--text-column', flags.textColumn],
    ['--text-pair-column', flags.textPairColumn],
  ] as const) {
    if (given !== undefined && flags.file === undefined) throw new UsageError(`${flag} goes with --file.`);
  }
  if (flags.textPair !== undefined && texts.length !== 1) {
    throw new UsageError('--text-pair goes with one text: its second half. For many pairs: --file <data>.');
  }
}
