/** What the tests call in a page. */
import { CONTRACT } from '../runtime/contract.js';
import { webRuntime, type WebDevice } from '../../src/runtime/web.js';
import * as web from '../../src/web/index.js';

const bertune = {
  ...web,
  /** The case's failure, or nothing. */
  async contract(place: number, device: WebDevice): Promise<string> {
    try {
      await CONTRACT[place]!.run(await webRuntime({ device, threads: 1 }));
      return '';
    } catch (error) {
      return String(error);
    }
  },
  /** The texts' scores under a model. */
  async scores(
    source: Parameters<typeof web.Classifier.load>[0],
    texts: readonly string[],
    options: web.ClassifierOptions = {},
  ): Promise<{
    labels: readonly string[];
    predictions: web.Prediction[];
    events: web.LoadEvent[];
    device: string;
  }> {
    const events: web.LoadEvent[] = [];
    const onEvent = (event: web.LoadEvent): void => void events.push(event);
    const classifier = await web.Classifier.load(source, { threads: 1, onEvent, ...options });
    const predictions = await classifier.predict(texts);
    const { labels, device } = classifier;
    await classifier.release();
    return { labels, predictions, events, device };
  },
  /** The message of a load that must fail. */
  async refusal(
    source: Parameters<typeof web.Classifier.load>[0],
    options: web.ClassifierOptions = {},
  ): Promise<string> {
    try {
      await web.Classifier.load(source, options);
      return 'it was loaded';
    } catch (error) {
      return error instanceof web.BertuneError
        ? `${error.code}: ${error.message}`
        : `not ours: ${String(error)}`;
    }
  },
};

export type PageTools = typeof bertune;
declare global {
  var bertune: PageTools;
}
globalThis.bertune = bertune;
