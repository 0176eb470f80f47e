/** LoRA adapters as PEFT saves them: adapter_config.json and adapter_model.safetensors beside an untouched original. */
import type { FoundModel } from '../hub/model.js';
import { architectureOf } from '../model/architectures.js';
import type { EncoderSpec } from '../model/classifier.js';
import { isHead } from '../model/depth.js';
import { isLora, LORA_A, LORA_B, type LoraOptions } from '../model/lora.js';
import { layOut, type Layout, type PlacedParameter } from '../step/layout.js';
import { ModelError } from '../util/errors.js';

export const ADAPTER_CONFIG_FILE = 'adapter_config.json';
export const ADAPTER_WEIGHTS_FILE = 'adapter_model.safetensors';

/** Before the names of a model's own tensors in PEFT's files. */
export const ADAPTER_PREFIX = 'base_model.model.';

export interface AdapterTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Adapter {
  /** The model that it was made for. */
  readonly base: FoundModel;
  readonly scale: number;
  /** By the model's own names, such as `bert.encoder.layer.0.attention.self.query.lora_A.weight`. */
  readonly tensors: ReadonlyMap<string, AdapterTensor>;
}

/** Labels of the head that an adapter brings; `undefined` where it brings none. */
export function adapterHeadSize({ tensors }: Adapter, modelType: string): number | undefined {
  return tensors.get(`${architectureOf(modelType).output}.bias`)?.shape[0];
}

/**
 * Adds an adapter to a model's weights in place: W + scale B A for each pair, the head as it is.
 *
 * @param takes which of its whole tensors are taken, such as those of the head. @default all
 */
export function applyAdapter(
  { parameters }: Layout,
  weights: Float32Array,
  { tensors, scale }: Pick<Adapter, 'tensors' | 'scale'>,
  takes: (name: string) => boolean = () => true,
): void {
  const places = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const placeOf = (name: string): PlacedParameter => {
    const place = places.get(name);
    if (!place) throw new ModelError(`the adapter changes ${name}, which the model doesn't have.`);
    return place;
  };
  for (const [name, { shape, data }] of tensors) {
    if (name.endsWith(`.${LORA_B}.weight`)) continue; // with its A
    if (!name.endsWith(`.${LORA_A}.weight`)) {
      if (!takes(name)) continue;
      const place = placeOf(name);
      if (place.shape.join() !== shape.join()) throw misfit(name, shape, place.shape);
      weights.set(data, place.start);
      continue;
    }
    const layer = name.slice(0, -`.${LORA_A}.weight`.length);
    const b = tensors.get(`${layer}.${LORA_B}.weight`);
    const place = placeOf(`${layer}.weight`);
    const [out, input] = place.shape as [number, number];
    const [rank, width] = shape as [number, number];
    if (!b || width !== input || b.shape.join() !== [out, rank].join())
      throw misfit(name, shape, place.shape);
    addProduct(weights.subarray(place.start, place.end), b.data, data, [out, rank, input], scale);
  }
}

function misfit(name: string, shape: readonly number[], expected: readonly number[]): ModelError {
  return new ModelError(
    `the adapter's ${name} is [${shape.join(', ')}], which doesn't fit the model's [${expected.join(', ')}].`,
  );
}

/** w += scale b a, with w [out, in], b [out, rank], a [rank, in]; each element is summed in float64. */
function addProduct(
  w: Float32Array,
  b: Float32Array,
  a: Float32Array,
  [out, rank, input]: readonly [number, number, number],
  scale: number,
): void {
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < input; column++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * input + column]!;
      w[row * input + column]! += scale * sum;
    }
  }
}

/** A model with its adapters added to the weights, so that it has none. */
export function withoutAdapters<T extends { readonly layout: Layout; readonly weights: Float32Array }>(
  model: T,
  { rank, alpha }: LoraOptions,
): T {
  const { layout, weights } = model;
  const valuesOf = ({ start, end }: PlacedParameter): Float32Array => weights.subarray(start, end);
  const kept = layOut(layout.parameters.filter(({ name }) => !isLora(name)));
  const merged = new Float32Array(kept.size);
  const places = new Map(layout.parameters.map((parameter) => [parameter.name, parameter]));
  for (const { name, start } of kept.parameters) merged.set(valuesOf(places.get(name)!), start);
  const adapters = layout.parameters.filter(({ name }) => isLora(name));
  const tensors = new Map(
    adapters.map((place) => [place.name, { shape: place.shape, data: valuesOf(place) }]),
  );
  applyAdapter(kept, merged, { scale: alpha / rank, tensors });
  return { ...model, layout: kept, weights: merged };
}

/** What of a model's parameters an adapter's file holds, under PEFT's names. */
export function adapterTensors({
  layout,
  weights,
  spec,
}: {
  readonly layout: Layout;
  readonly weights: Float32Array;
  readonly spec: EncoderSpec;
}): { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array }[] {
  return layout.parameters
    .filter(({ name }) => isLora(name) || isHead(name, spec.modelType))
    .map(({ name, shape, start, end }) => ({
      name: `${ADAPTER_PREFIX}${name}`,
      shape,
      data: weights.subarray(start, end),
    }));
}

/** The content of adapter_config.json. */
export function adapterConfig(
  { rank, alpha }: LoraOptions,
  modelType: string,
  base: string,
): Record<string, unknown> {
  const { head, loraTargets } = architectureOf(modelType);
  return {
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: 0,
    modules_to_save: head.map((start) => start.replace(/\.$/, '')),
    peft_type: 'LORA',
    r: rank,
    target_modules: loraTargets,
    task_type: 'SEQ_CLS',
    use_dora: false,
    use_rslora: false,
  };
}
