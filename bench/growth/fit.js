// How one quantity grows with another, as an exponent.

/**
 * The least-squares line through the logarithms of both: y is close to factor * x^exponent. An exponent of 1 is
 * "twice as much costs twice as much", 0 is "costs the same".
 *
 * @param {readonly (readonly [number, number])[]} points of positive numbers
 * @returns {{ exponent: number, factor: number }}
 */
export function powerLaw(points) {
  if (points.some((point) => point.some((value) => !(value > 0 && value < Infinity)))) {
    throw new RangeError(`a power law needs positive numbers, not ${JSON.stringify(points)}`);
  }
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (column) => logs.reduce((sum, log) => sum + log[column], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let [squares, products] = [0, 0];
  for (const [x, y] of logs) {
    squares += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  if (squares === 0) throw new RangeError('a power law needs points at two places or more');
  const exponent = products / squares;
  return { exponent, factor: Math.exp(meanY - exponent * meanX) };
}
