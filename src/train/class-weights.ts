/** n / (C * n_c) for each class c, as scikit-learn's "balanced"; 0 for a class without texts. */
export function balancedWeights(labelIds: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labelIds.length; i++) counts[labelIds[i]!]!++;
  return counts.map((count) => (count === 0 ? 0 : labelIds.length / (classes * count)));
}
