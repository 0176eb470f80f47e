/** Types of fit.js, for its test. */
export function powerLaw(points: readonly (readonly [number, number])[]): {
  exponent: number;
  factor: number;
};
