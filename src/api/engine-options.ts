/** From settings to what the engine trains, at which rates and by which loss. */
import type { CrossEntropyOptions } from '../model/losses.js';
import type { DropoutRates } from '../model/config.js';
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import type { EngineOptions } from '../train/engine.js';
import { ruleOfParameters } from '../train/rules.js';
import type { Prepared } from './prepare.js';

export function engineOptions({ model, settings, trainSet }: Prepared): EngineOptions {
  return {
    spec: model.spec,
    rates: dropoutRates(model),
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
    loss: lossOptions(settings, trainSet.labelIds, model.labels.length),
    ruleOf: ruleOfParameters(model.spec, settings),
    fromFeatures: settings.freeze === 'all',
  };
}

/** The rates of dropout that a model is trained with. */
function dropoutRates({ config }: Prepared['model']): DropoutRates {
  return {
    hidden: config.hiddenDropoutProb,
    attention: config.attentionProbsDropoutProb,
    classifier: config.classifierDropout,
  };
}

function lossOptions(
  { labelSmoothing, classWeights }: Prepared['settings'],
  labelIds: ArrayLike<number>,
  classes: number,
): CrossEntropyOptions {
  if (classWeights === 'none') return { labelSmoothing };
  return { labelSmoothing, classWeights: balancedWeights(labelIds, classes) };
}

/** n / (C * n_c) for each class c, as scikit-learn's "balanced"; 0 for a class without texts. Exported for its test. */
export function balancedWeights(labelIds: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labelIds.length; i++) counts[labelIds[i]!]!++;
  return counts.map((count) => (count === 0 ? 0 : labelIds.length / (classes * count)));
}
