// A bench against a peer that computes something else is a defect.

/**
 * Throws where answers differ by more than `tolerance`.
 *
 * @param {string} label
 * @param {readonly (readonly number[])[]} found
 * @param {readonly (readonly number[])[]} expected
 * @param {number} tolerance
 */
export function checkAnswers(label, found, expected, tolerance) {
  if (found.length !== expected.length) {
    throw new Error(`${label} gave ${found.length} answers, expected ${expected.length}.`);
  }
  found.forEach((row, text) =>
    row.forEach((value, i) => {
      const right = expected[text][i];
      if (Math.abs(value - right) <= tolerance) return;
      throw new Error(
        `${label} doesn't compute what bertune does: text ${text + 1} gives ${value}, expected ${right} ` +
          `(within ${tolerance}). Nothing was timed.`,
      );
    }),
  );
}
