/** Progress on stderr: a live bar where there is a terminal, plain lines where there is none. */
import { Presets, SingleBar } from 'cli-progress';
import type { StepEvent } from '../train/loop.js';
import { gigabytes } from '../util/wording.js';
import { clock, err, say } from './terminal.js';

export interface Progress {
  /** @param detail what stands behind the bar */
  update(done: number, detail: string): void;
  /** Removes the bar, or ends the lines. */
  stop(): void;
}

/** What stands behind the bar of a training. */
export function stepDetail(
  {
    loss,
    learningRate,
    textsPerSecond,
    secondsLeft,
  }: Pick<StepEvent, 'loss' | 'learningRate' | 'textsPerSecond' | 'secondsLeft'>,
  unit: string,
): string {
  const rate = `${textsPerSecond.toFixed(1)} ${unit}/s`;
  return [
    ...[`loss ${loss.toFixed(4)}`, `rate ${learningRate.toExponential(2)}`],
    ...[gigabytes(process.memoryUsage.rss()), rate],
    `${clock(secondsLeft)} left`,
  ].join('  ');
}

/** Without a terminal a line is printed at most so often. */
const LINE_MILLISECONDS = 10_000;

/**
 * @param shownAs how `done` and `total` are written. @default as they are
 */
export function progress(name: string, total: number, shownAs: (value: number) => string = String): Progress {
  return process.stderr.isTTY ? bar(name, total, shownAs) : lines(name, total, shownAs);
}

function bar(name: string, total: number, shownAs: (value: number) => string): Progress {
  const single = new SingleBar(
    {
      format: `${name} ${err.cyan('{bar}')} {value}/{total}  {detail}`,
      barsize: 24,
      hideCursor: true,
      stream: process.stderr,
      gracefulExit: false,
      linewrap: false,
      formatValue: (value, _, type) =>
        type === 'value' || type === 'total' ? shownAs(value) : String(value),
    },
    Presets.shades_classic,
  );
  single.start(total, 0, { detail: '' });
  return {
    update(done, detail) {
      single.update(done, { detail });
    },
    stop() {
      single.stop();
    },
  };
}

function lines(name: string, total: number, shownAs: (value: number) => string): Progress {
  let last = -Infinity;
  return {
    update(done, detail) {
      if (done < total && performance.now() - last < LINE_MILLISECONDS) return;
      last = performance.now();
      say(`${name} ${shownAs(done)}/${shownAs(total)}  ${detail}`.trimEnd());
    },
    stop: () => undefined,
  };
}
