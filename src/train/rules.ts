/** Which parameters are trained, and at which share of the learning rate. */
import { depthOf, isHead } from '../model/depth.js';
import type { ClassifierSpec } from '../model/classifier.js';
import { isLora } from '../model/lora.js';
import type { ParameterSpec } from '../model/parameters.js';
import { usualRule, type Layout, type UpdateRule } from '../step/layout.js';
import type { ResolvedSettings, TrainSettings } from './settings.js';

/** Of layers above the encoder that begin as noise. 10 to 100 do as well as each other (docs/training.md). */
const NEW_HEAD_RATE = 10;

/** `undefined` for a parameter that is frozen. */
export type RuleOf = (parameter: ParameterSpec) => UpdateRule | undefined;

/**
 * The rule of each parameter. With layer decay d the rate of layer k of L is d^(L + 1 - k) times the usual, that of the
 * embeddings d^(L + 1): discriminative fine-tuning (Howard and Ruder 2018, arXiv 1801.06146, section 3.2; Sun et al. 2019,
 * arXiv 1905.05583, section 5.3.4).
 */
export function ruleOfParameters(
  { config, lora, modelType }: Pick<ClassifierSpec, 'config' | 'lora' | 'modelType'>,
  { freeze, layerDecay, headRate }: Pick<ResolvedSettings, 'freeze' | 'layerDecay' | 'headRate'>,
): RuleOf {
  const layers = config.numHiddenLayers;
  return (parameter) => {
    const depth = depthOf(parameter.name, layers);
    const { name } = parameter;
    const isFrozen = freeze === 'all' ? !isHead(name, modelType) : depth <= frozenDepth(freeze);
    // Beside adapters only the head is trained, as PEFT does for classification.
    if (isFrozen || (lora && !isLora(name) && !isHead(name, modelType))) return undefined;
    const rate = depth > layers ? headRate : layerDecay ** (layers + 1 - depth);
    return { ...usualRule(parameter), rate };
  };
}

/** What is known of a model with its weights. */
interface Loaded {
  readonly spec: Pick<ClassifierSpec, 'config' | 'lora'>;
  readonly layout: Layout;
  readonly weights: Float32Array;
}

/**
 * How many times the rate the layers above the encoder learn at: as was said, else by the model. While these layers are
 * small and random, next to nothing of the loss reaches the encoder: at its rate the bundled model, whose pooler nobody
 * trained, answers at random for the first fifty updates, which may be all there are. Layers that were trained have biases;
 * those that were only made have none. Where the encoder stays as it is, the rate is that of the head already.
 */
export function headRateOf(
  { spec, layout, weights }: Loaded,
  { headRate, freeze }: Pick<TrainSettings, 'headRate' | 'freeze'>,
): number {
  if (headRate !== undefined) return headRate;
  if (freeze === 'all' || spec.lora) return 1;
  const layers = spec.config.numHiddenLayers;
  const wasTrained = layout.parameters.some(
    ({ name, kind, start, end }) =>
      kind === 'bias' &&
      depthOf(name, layers) > layers &&
      weights.subarray(start, end).some((bias) => bias !== 0),
  );
  return wasTrained ? 1 : NEW_HEAD_RATE;
}

/** The greatest depth that is frozen; -1 for none. */
function frozenDepth(freeze: TrainSettings['freeze']): number {
  if (freeze === 'none') return -1;
  return freeze === 'embeddings' ? 0 : Number(freeze);
}
