/** Learning rates over a run, exactly as `transformers.optimization` has them. */

export const SCHEDULES = ['linear', 'cosine', 'constant'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

/**
 * The factor on the learning rate for the update with index `step` (from 0) of `total`: rises linearly from 0 over
 * the first `warmup` updates (the very first has rate 0 when there is a warm-up), then falls to 0 linearly or along
 * half a cosine, or stays.
 *
 * ```ts
 * scheduleFactor('linear', 0, 100, 10); // 0
 * scheduleFactor('linear', 55, 100, 10); // 0.5
 * ```
 */
export function scheduleFactor(name: ScheduleName, step: number, total: number, warmup: number): number {
  if (step < warmup) return step / Math.max(1, warmup);
  if (name === 'constant') return 1;
  const rest = Math.max(1, total - warmup);
  if (name === 'linear') return Math.max(0, (total - step) / rest);
  return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / rest)));
}
