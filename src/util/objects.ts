/** Whether a value from a JSON file is an object, and not a list or `null`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper nesting than this is refused, as Rust's serde_json does. */
export const MOST_LEVELS = 127;

/**
 * Whether lists and objects stand within each other more than `levels` deep. `JSON.parse` reads any depth, but what writes
 * or looks through such a value calls itself for each level, and the stack ends.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < levels; depth++) {
    const inner: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue; // the value itself
      for (const part of Object.values(each)) if (typeof part === 'object' && part !== null) inner.push(part);
    }
    if (inner.length === 0) return false;
    level = inner;
  }
  return true;
}
