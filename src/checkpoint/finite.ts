/** Numbers that went wrong are never saved. */
import { firstNotFinite } from '../formats/safetensors.js';
import type { Layout } from '../step/layout.js';
import { NumericError } from '../util/errors.js';

/**
 * @param buffer in the layout of the weights
 * @param when such as `after training`, for the message
 * @param what is said after the parameter's name, where the buffer holds something else than weights
 * @throws `NumericError` that names the first parameter with a value that is not finite
 */
export function requireFinite(
  { parameters }: Layout,
  buffer: Float32Array,
  when: string,
  what = '',
  settings?: { readonly learningRate: number },
): void {
  // One pass over all; which parameter it is only matters where there is one.
  const bad = firstNotFinite(buffer);
  if (bad === -1) return;
  const { name } = parameters.find(({ start, end }) => start <= bad && bad < end)!;
  const rate = settings ? ` (now ${settings.learningRate})` : '';
  throw new NumericError(
    `${when}, ${name}${what} has a value that is not finite; it was not saved. ` +
      `A lower --learning-rate${rate} usually helps.`,
  );
}
