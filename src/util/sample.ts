/** The places of every n-th item, so that all together they cost no more than that; all places where they do anyway. */
export function evenPlaces<T>(items: readonly T[], costOf: (item: T) => number, most: number): number[] {
  const cost = items.reduce((sum, item) => sum + costOf(item), 0);
  const every = Math.max(1, Math.ceil(cost / most));
  return items.flatMap((_, place) => (place % every === 0 ? [place] : []));
}
