/** What is fetched from the hub, on stderr. */
import type { HubEvent, UploadEvent } from '../index.js';
import { progress, type Progress } from './progress.js';
import { clock, say, shown } from './terminal.js';

/** 440_449_768 -> `440.4 MB` */
const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

/** A bar for each repository, and notes as lines. */
export class DownloadDisplay {
  #bar: Progress | undefined;
  #what = '';
  #began = 0;
  #first = 0;

  /** As `onEvent` takes it. */
  readonly show = (event: HubEvent): void => {
    if (event.type === 'note') {
      this.stop();
      say(`Note      ${shown(event.message)}`);
      return;
    }
    const { repo, done, total } = event;
    const what = `${repo} ${total}`;
    if (what !== this.#what) {
      this.stop();
      this.#bar = progress(`downloading ${shown(repo, 60)}`, total, size);
      [this.#what, this.#began, this.#first] = [what, performance.now(), done];
    }
    // What an earlier attempt left says nothing of how fast this one is.
    const rate = (1000 * (done - this.#first)) / Math.max(1, performance.now() - this.#began);
    const left = rate > 0 && done < total ? `${clock((total - done) / rate)} left` : '';
    this.#bar?.update(done, `${size(rate)}/s  ${left}`.trimEnd());
    if (done === total) this.stop();
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#what = '';
  }
}

/** What is sent to the hub, on stderr. */
export function uploadDisplay(): { readonly show: (event: UploadEvent) => void; readonly stop: () => void } {
  let bar: Progress | undefined;
  return {
    show({ repo, done, total }) {
      bar ??= progress(`uploading ${shown(repo, 60)}`, total, size);
      bar.update(done, '');
    },
    stop: () => bar?.stop(),
  };
}

/** Runs what may fetch something, with its progress shown. */
export async function withDownloads<T>(work: (onEvent: (event: HubEvent) => void) => Promise<T>): Promise<T> {
  const display = new DownloadDisplay();
  try {
    return await work(display.show);
  } finally {
    display.stop();
  }
}
