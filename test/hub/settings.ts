import type { HubSettings } from '../../src/hub/settings.js';

/** Settings for a hub on this machine, without waiting between attempts. */
export function settingsFor(endpoint: string, cache: string, more: Partial<HubSettings> = {}): HubSettings {
  return {
    ...{ endpoint, cache, token: undefined, offline: false, timeoutMs: 10_000, retries: 5, backoffMs: 500 },
    fetch,
    pause: () => Promise.resolve(),
    addressesOf: () => Promise.resolve([]),
    ...more,
  };
}
