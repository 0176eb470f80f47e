/** From settings to what the engine trains, at which rates and by which loss. */
import type { LoadedModel } from '../checkpoint/load.js';
import type { DropoutRates } from '../model/config.js';
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import type { GradientStep } from '../step/gradient.js';
import { gradientStep } from '../step/steps.js';
import type { EngineOptions } from '../train/engine.js';
import { ruleOfParameters } from '../train/rules.js';
import type { Prepared } from './prepare.js';

/** The graph that a run's gradients come from. */
export function gradientStepOf({ model, settings, trainSet }: Prepared): GradientStep {
  const ruleOf = ruleOfParameters(model.spec, settings);
  const { classWeights } = trainSet;
  return gradientStep(model.spec, dropoutRates(model.config), {
    problemType: model.problemType,
    loss: { labelSmoothing: settings.labelSmoothing, ...(classWeights && { classWeights }) },
    trains: (parameter) => ruleOf(parameter) !== undefined,
    fromFeatures: settings.freeze === 'all',
    weighted: trainSet.inWindows ?? false,
  });
}

export function engineOptions({ model, settings }: Prepared): EngineOptions {
  return {
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
    ruleOf: ruleOfParameters(model.spec, settings),
  };
}

/** The rates of dropout that a model is trained with. */
export function dropoutRates(config: LoadedModel['config']): DropoutRates {
  return {
    hidden: config.hiddenDropoutProb,
    attention: config.attentionProbsDropoutProb,
    classifier: config.classifierDropout,
  };
}
