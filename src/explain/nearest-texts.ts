/** The texts that are most like another, kept while many pass by. */

export interface Neighbour<T> {
  readonly item: T;
  /** The cosine of both features, from -1 to 1. */
  readonly similarity: number;
}

/** The cosine of the angle between two vectors, in float64; 0 where one of them is 0. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return squaresA === 0 || squaresB === 0 ? 0 : dot / Math.sqrt(squaresA * squaresB);
}

/** Of all that was added the `most` with the greatest similarity: the greatest first, the earlier of equal ones. */
export class Nearest<T> {
  readonly #kept: Neighbour<T>[] = [];

  constructor(readonly most: number) {}

  add(item: T, similarity: number): void {
    const kept = this.#kept;
    if (kept.length === this.most && similarity <= (kept.at(-1)?.similarity ?? Infinity)) return;
    // A handful is kept, in order: its place is found from the end.
    let at = kept.length;
    while (at > 0 && kept[at - 1]!.similarity < similarity) at--;
    kept.splice(at, 0, { item, similarity });
    if (kept.length > this.most) kept.pop();
  }

  get all(): readonly Neighbour<T>[] {
    return this.#kept;
  }
}
