/** What a classifier's encoder makes of texts, before its head. */
import type { BlockEncoder } from '../encoding/encoder.js';
import { textsOfBlock } from '../encoding/encode.js';
import { featuresOf, type Reader, type ScoreOptions } from '../evaluate/logits.js';
import { featureStep } from '../step/steps.js';
import type { WeightedModel } from './explainer.js';

export class FeatureReader {
  private constructor(
    private readonly reader: Reader,
    private readonly encoder: BlockEncoder,
    private readonly width: number,
  ) {}

  /** Builds the graph; the weights are those of `reader`. */
  static async create(
    { spec, runtime }: WeightedModel,
    { parameters, padId }: Omit<Reader, 'session'>,
    encoder: BlockEncoder,
  ): Promise<FeatureReader> {
    const step = featureStep(spec);
    const read = new Set(step.parameters.map(({ name }) => name));
    const needed = Object.fromEntries(Object.entries(parameters).filter(([name]) => read.has(name)));
    const session = await runtime.load(step.onnx);
    return new FeatureReader({ session, padId, parameters: needed }, encoder, spec.config.hiddenSize);
  }

  /** The pooled output of each text, [texts][H]; of a text in several windows the mean of theirs. */
  async features(texts: readonly string[], options: ScoreOptions): Promise<Float32Array[]> {
    const windows = textsOfBlock(await this.encoder.here(texts));
    const rows = await featuresOf(this.reader, this.width, windows.flat(), options);
    let first = 0;
    return windows.map(({ length }) => {
      const own = rows.slice(first, (first += length));
      return Float32Array.from({ length: this.width }, (_, i) =>
        own.reduce((sum, row) => sum + row[i]! / length, 0),
      );
    });
  }

  release(): Promise<void> {
    return this.reader.session.release();
  }
}
