/** Which parameters are trained, and at which share of the learning rate. */
import { depthOf, isHead } from '../model/depth.js';
import type { ClassifierSpec } from '../model/classifier.js';
import { isLora } from '../model/lora.js';
import type { ParameterSpec } from '../model/parameters.js';
import { usualRule, type UpdateRule } from '../step/layout.js';
import type { TrainSettings } from './settings.js';

/** `undefined` for a parameter that is frozen. */
export type RuleOf = (parameter: ParameterSpec) => UpdateRule | undefined;

/**
 * The rule of each parameter. With layer decay d the rate of layer k of L is d^(L + 1 - k) of the head's, and that of the
 * embeddings d^(L + 1): discriminative fine-tuning (Howard and Ruder 2018, arXiv 1801.06146, section 3.2; Sun et al. 2019,
 * arXiv 1905.05583, section 5.3.4).
 */
export function ruleOfParameters(
  { config, lora, modelType }: Pick<ClassifierSpec, 'config' | 'lora' | 'modelType'>,
  { freeze, layerDecay }: Pick<TrainSettings, 'freeze' | 'layerDecay'>,
): RuleOf {
  const layers = config.numHiddenLayers;
  return (parameter) => {
    const depth = depthOf(parameter.name, layers);
    const { name } = parameter;
    const isFrozen = freeze === 'all' ? !isHead(name, modelType) : depth <= frozenDepth(freeze);
    // Beside adapters only the head is trained, as PEFT does for classification.
    if (isFrozen || (lora && !isLora(name) && !isHead(name, modelType))) return undefined;
    return { ...usualRule(parameter), rate: layerDecay ** (layers + 1 - depth) };
  };
}

/** The greatest depth that is frozen; -1 for none. */
function frozenDepth(freeze: TrainSettings['freeze']): number {
  if (freeze === 'none') return -1;
  return freeze === 'embeddings' ? 0 : Number(freeze);
}
