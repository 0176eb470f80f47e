/** What the page and the thread that computes say to each other. */
import type { LoadEvent, Prediction } from 'bertune/web';

export type Question =
  | { readonly type: 'load'; readonly source: string | ReadonlyMap<string, File> }
  | { readonly type: 'predict'; readonly text: string };

export type Answer =
  | { readonly type: 'event'; readonly event: LoadEvent }
  | { readonly type: 'loaded'; readonly name: string; readonly labels: readonly string[] }
  | { readonly type: 'predicted'; readonly prediction: Prediction; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly message: string };
