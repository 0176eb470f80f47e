/**
 * A hash table from pairs of numbers to a number, in typed arrays: long reviews have millions of different word pairs,
 * which as strings in a `Map` would take ten times the memory.
 */
export class PairTable {
  #first = new Int32Array(1024).fill(-1);
  #second = new Int32Array(1024);
  #values = new Int32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a pair; `undefined` when there is none. */
  get(first: number, second: number): number | undefined {
    const slot = this.#slot(first, second);
    return this.#first[slot] === -1 ? undefined : this.#values[slot];
  }

  /** The number of a pair; a new pair gets `value`. */
  getOrAdd(first: number, second: number, value: number): number {
    const slot = this.#slot(first, second);
    if (this.#first[slot] !== -1) return this.#values[slot]!;
    this.#put(slot, first, second, value);
    if (++this.#size * 2 > this.#first.length) this.#grow();
    return value;
  }

  #put(slot: number, first: number, second: number, value: number): void {
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#values[slot] = value;
  }

  /** Where a pair is, or would be: open addressing, the next free place. */
  #slot(first: number, second: number): number {
    const mask = this.#first.length - 1;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (this.#first[slot] !== -1 && (this.#first[slot] !== first || this.#second[slot] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [first, second, values] = [this.#first, this.#second, this.#values];
    this.#first = new Int32Array(2 * first.length).fill(-1);
    this.#second = new Int32Array(2 * first.length);
    this.#values = new Int32Array(2 * first.length);
    first.forEach((word, i) => {
      if (word !== -1) this.#put(this.#slot(word, second[i]!), word, second[i]!, values[i]!);
    });
  }
}
