/**
 * Settings that go well together, found on IMDB reviews that were held out from training (docs/training.md has the
 * figures). A recipe gives the settings that are not said otherwise.
 */
import { checkSetting, type ResolvedSettings, type TrainSettings } from './settings.js';

export interface Recipe {
  readonly settings: Partial<TrainSettings>;
  /** Tokens that are read of a text, or fewer where the model reads fewer. */
  readonly maxLength: number;
  /** Of fewer than `MANY_TEXTS` texts; of very few more epochs. */
  readonly few: Amount;
  /** Of so many, as more texts teach more each time. */
  readonly many: Amount;
  /** For the help: what is different about it. */
  readonly about: string;
  /** For the help: what it took and reached. */
  readonly figures: string;
}

/** How much of texts is seen, and how often. */
type Amount = Pick<ResolvedSettings, 'epochs' | 'shortFirst' | 'branches'>;

/** From so many texts on they count as many. */
export const MANY_TEXTS = 5000;

export const RECIPES: { readonly [K in TrainSettings['recipe']]: Recipe } = {
  fast: {
    settings: { freeze: 2, averageLast: 0.3, dropout: 0 },
    maxLength: 384,
    few: { epochs: 2, shortFirst: 0.8, branches: 1 },
    many: { epochs: 0.8, shortFirst: 0.8, branches: 1 },
    about: 'little of each text at first, without dropout; the embeddings and two layers stay as they are',
    figures: '87 % in 4 minutes; with 24,996 reviews 91.9 % in 15',
  },
  balanced: {
    settings: {},
    maxLength: 192,
    few: { epochs: 1.5, shortFirst: 0, branches: 1 },
    many: { epochs: 1, shortFirst: 0, branches: 1 },
    about: 'the defaults',
    figures: '89 % in 4 minutes',
  },
  best: {
    settings: { averageLast: 0.3, dropout: 0 },
    maxLength: 512,
    few: { epochs: 3, shortFirst: 0, branches: 1 },
    many: { epochs: 2, shortFirst: 0.5, branches: 1 },
    about: 'long texts, seen several times without dropout; the mean of the last weights',
    figures: '89.4 % in 14 minutes; with 24,996 reviews 93.3 % in 91',
  },
};

/** However few texts there are, so many have to be seen, 150 updates of 16 (docs/training.md) ... */
const LEAST_SEEN = 2400;

/** ... but after so many epochs there is nothing left to learn from them. */
const MOST_EPOCHS = 20;

/** What was said of how much is seen, and what the recipe says of so many texts otherwise. */
export function amountOf(
  { recipe, epochs, shortFirst, branches, freeze }: TrainSettings,
  texts: number,
): Amount {
  const usual = RECIPES[recipe][texts < MANY_TEXTS ? 'few' : 'many'];
  const least = LEAST_SEEN / texts;
  const enough = least > usual.epochs ? Math.min(MOST_EPOCHS, Math.ceil(least)) : usual.epochs;
  return {
    epochs: epochs ?? enough,
    // A frozen encoder reads each text once.
    shortFirst: shortFirst ?? (freeze === 'all' ? 0 : usual.shortFirst),
    branches: branches ?? (freeze === 'all' ? 1 : usual.branches),
  };
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
