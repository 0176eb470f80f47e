/**
 * Settings that go well together, found on IMDB reviews that were held out from training (docs/training.md has the
 * figures). A recipe gives the settings that are not said otherwise.
 */
import { checkSetting, type TrainSettings } from './settings.js';

export interface Recipe {
  readonly settings: Partial<TrainSettings>;
  /** Tokens that are read of a text, or fewer where the model reads fewer. */
  readonly maxLength: number;
  /** For the help: what is different about it. */
  readonly about: string;
  /** For the help: what it took and reached on two server cores. */
  readonly figures: string;
}

export const RECIPES: { readonly [K in TrainSettings['recipe']]: Recipe } = {
  fast: {
    settings: { epochs: 1 },
    maxLength: 128,
    about: 'little of each text, once',
    figures: '',
  },
  balanced: { settings: {}, maxLength: 192, about: 'the defaults', figures: '' },
  best: {
    settings: { epochs: 3, averageLast: 0.3 },
    maxLength: 512,
    about: 'long texts, seen several times; the mean of the last weights',
    figures: '',
  },
};

/**
 * What was given, with the recipe's settings where nothing was.
 *
 * ```ts
 * withRecipe({ recipe: 'best', epochs: 2 }); // { epochs: 2, averageLast: 0.3, recipe: 'best' }
 * ```
 *
 * @throws `UsageError` for a recipe that there isn't
 */
export function withRecipe(given: Partial<TrainSettings>): Partial<TrainSettings> {
  if (given.recipe === undefined) return given;
  const said = Object.entries<unknown>(given).filter(([, value]) => value !== undefined);
  return { ...RECIPES[checkSetting('recipe', given.recipe)].settings, ...Object.fromEntries(said) };
}
