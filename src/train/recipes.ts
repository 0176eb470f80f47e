/**
 * Settings that go well together, found on IMDB reviews that were held out from training (docs/training.md has the
 * figures). A recipe gives the settings that are not said otherwise.
 */
import { checkSetting, type TrainSettings } from './settings.js';

export interface Recipe {
  readonly settings: Partial<TrainSettings>;
  /** Tokens that are read of a text, or fewer where the model reads fewer. */
  readonly maxLength: number;
  /** How often texts are seen: `few` up to `MANY_TEXTS` of them, `many` beyond, as more texts teach more each time. */
  readonly epochs: { readonly few: number; readonly many: number };
  /** For the help: what is different about it. */
  readonly about: string;
  /** For the help: what it took and reached. */
  readonly figures: string;
}

/** From so many texts on they count as many. */
export const MANY_TEXTS = 5000;

export const RECIPES: { readonly [K in TrainSettings['recipe']]: Recipe } = {
  fast: {
    settings: { freeze: 2, averageLast: 0.3, dropout: 0 },
    maxLength: 128,
    epochs: { few: 2, many: 1 },
    about: 'little of each text, without dropout; the embeddings and two layers stay as they are',
    figures: '86 % in 3 minutes; with 24,996 reviews 90 % in 16',
  },
  balanced: {
    settings: {},
    maxLength: 192,
    epochs: { few: 1.5, many: 1 },
    about: 'the defaults',
    figures: '88 % in 4 minutes',
  },
  best: {
    settings: { averageLast: 0.3, dropout: 0 },
    maxLength: 512,
    epochs: { few: 3, many: 1 },
    about: 'long texts, seen several times without dropout; the mean of the last weights',
    figures: '89.4 % in 14 minutes; with 24,996 reviews 92.6 % in 52',
  },
};

/** How often each of so many texts is seen. */
export function epochsOf({ epochs, recipe }: TrainSettings, texts: number): number {
  return epochs ?? RECIPES[recipe].epochs[texts < MANY_TEXTS ? 'few' : 'many'];
}

/**
 * What was given, with the recipe's settings where nothing was.
 *
 * ```ts
 * withRecipe({ recipe: 'best', epochs: 2 }); // { averageLast: 0.3, dropout: 0, epochs: 2, recipe: 'best' }
 * ```
 *
 * @throws `UsageError` for a recipe that there isn't
 */
export function withRecipe(given: Partial<TrainSettings>): Partial<TrainSettings> {
  if (given.recipe === undefined) return given;
  const said = Object.entries<unknown>(given).filter(([, value]) => value !== undefined);
  const { freeze, ...settings } = RECIPES[checkSetting('recipe', given.recipe)].settings;
  // Adapters leave all of the encoder as it is.
  const alone = (given.loraRank ?? 0) > 0;
  return { ...settings, ...(freeze !== undefined && !alone && { freeze }), ...Object.fromEntries(said) };
}
