import type { HubSettings } from './settings.js';

/** What is reported while something is fetched from the hub. */
export type HubEvent =
  | {
      readonly type: 'download';
      /** Such as `google-bert/bert-base-uncased`. */
      readonly repo: string;
      readonly file: string;
      /** Bytes of all files that are needed: how many are there, and of how many. */
      readonly done: number;
      readonly total: number;
    }
  /** Something to be told: the hub can't be reached, another process downloads the same. */
  | { readonly type: 'note'; readonly message: string };

/** How the hub is used. */
export interface HubUse {
  readonly onEvent?: ((event: HubEvent) => void) | undefined;
  /** Stops a download; what has arrived is kept for the next. */
  readonly signal?: AbortSignal | undefined;
  /** @default those of the environment */
  readonly settings?: HubSettings | undefined;
}
