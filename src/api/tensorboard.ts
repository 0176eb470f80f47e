/** A run's numbers as TensorBoard reads them, written while it goes on. */
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { exists } from '../files/read.js';
import { GrowingFile } from '../files/growing-file.js';
import { eventFileStart, scalarRecord } from '../formats/tensorboard.js';
import type { LogEntry } from '../train/trainer-state.js';
import type { TrainEvent } from './train-options.js';
import { evaluationEntry } from './validate.js';

export class TensorBoardLog {
  #step = 0;
  #evaluated = false;
  #hasNumbers = false;

  private constructor(
    /** What `tensorboard --logdir` is given. */
    readonly logFolder: string,
    private readonly file: GrowingFile,
  ) {}

  /**
   * @param folder holds a folder for each run. @default `tensorboard` beside the run's
   * @param out the run's folder, whose name its log has too; an earlier log of that name is kept, and this one numbered
   */
  static async create(folder: string | undefined, out: string): Promise<TensorBoardLog> {
    const logFolder = folder ?? join(dirname(out), 'tensorboard');
    const name = basename(resolve(out));
    let own = join(logFolder, name);
    for (let count = 2; await exists(own); count++) own = join(logFolder, `${name}-${count}`);
    const now = Date.now() / 1000;
    const host = hostname().replace(/[^\w-]/g, '_');
    const fileName = `events.out.tfevents.${Math.floor(now)}.${host}.${process.pid}.0`;
    const file = await GrowingFile.create(join(own, fileName));
    file.append(eventFileStart(now));
    return new TensorBoardLog(logFolder, file);
  }

  onEvent(event: TrainEvent): void {
    if (event.type === 'step') {
      const { step, loss, gradNorm, learningRate } = event;
      this.#step = step;
      this.#write({ 'train/loss': loss, 'train/grad_norm': gradNorm, 'train/learning_rate': learningRate });
    } else if (event.type === 'evaluated') {
      this.#evaluated = true;
      this.#write(renamed(evaluationEntry(event.metrics), 'eval'));
    }
  }

  /** The numbers of the test texts: under `eval/` as Hugging Face's Trainer has them, unless others stand there. */
  tested(metrics: Parameters<typeof evaluationEntry>[0]): void {
    this.#write(renamed(evaluationEntry(metrics), this.#evaluated ? 'test' : 'eval'));
  }

  /**
   * What kept the log from being written whole, if anything did; a run is not stopped by that. A log that has no numbers, as the
   * run was refused before its first step, is taken away.
   */
  async close(): Promise<Error | undefined> {
    if (this.#hasNumbers) return this.file.close();
    await this.file.discard();
    return undefined;
  }

  #write(scalars: Readonly<Record<string, number>>): void {
    this.#hasNumbers = true;
    this.file.append(scalarRecord({ wallTime: Date.now() / 1000, step: this.#step, scalars }));
  }
}

/** `eval_accuracy` -> `eval/accuracy` */
function renamed(entry: LogEntry, group: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name.replace(/^eval_/, `${group}/`), value]),
  );
}
