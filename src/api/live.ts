/** A run as its events tell it, for a page that shows it while it goes on. */
import { HEADLINE } from '../evaluate/measure.js';
import type { LiveData } from '../report/live.js';
import { TrainingLog } from '../train/log.js';
import type { LogEntry } from '../train/trainer-state.js';
import type { TrainEvent } from './train-options.js';
import { evaluationEntry } from './validate.js';

export class LiveRun {
  #data: Omit<LiveData, 'memory' | 'log'>;
  #training = new TrainingLog(0, 1);
  #evaluations: LogEntry[] = [];

  constructor(readonly name: string) {
    this.#data = { name, phase: 'Reading the texts and the model', settings: {} };
  }

  onEvent(event: TrainEvent): void {
    switch (event.type) {
      case 'start': {
        const { settings, plan } = event;
        // Of several runs in a row the page shows the one that is under way.
        this.#training = new TrainingLog(plan.totalSteps, settings.loggingSteps);
        this.#evaluations = [];
        this.#data = {
          name: this.name,
          phase: 'Timing the first steps',
          settings: { ...settings },
          totalSteps: plan.totalSteps,
        };
        return;
      }
      case 'step': {
        this.#training.step(event);
        const { step, totalSteps, loss, textsPerSecond, secondsLeft } = event;
        const done = { done: step, total: totalSteps };
        this.#data = {
          ...this.#data,
          ...done,
          step,
          totalSteps,
          loss,
          textsPerSecond,
          secondsLeft,
          phase: 'Training',
        };
        return;
      }
      case 'evaluated': {
        const step = this.#data.step ?? 0;
        this.#evaluations.push({ ...evaluationEntry(event.metrics), step });
        const { metrics } = event;
        this.#data = { ...this.#data, heldOut: metrics[HEADLINE[metrics.problem_type]] ?? undefined };
        return;
      }
      case 'features':
      case 'evaluating':
        this.#phase(event.type === 'features' ? 'Reading the texts once' : 'Evaluating', event);
        return;
      default:
    }
  }

  #phase(phase: string, { done, total }: { readonly done: number; readonly total: number }): void {
    this.#data = { ...this.#data, phase, done, total, secondsLeft: undefined };
  }

  /** The page as it is now. */
  async page(): Promise<string> {
    const { renderLive } = await import('../report/live.js');
    const log = [...this.#training.entries, ...this.#evaluations];
    return renderLive({ ...this.#data, memory: process.memoryUsage.rss(), log });
  }
}
