/**
 * Settings that go well together, found on IMDB reviews that were held out from training (docs/training.md has the
 * figures). A recipe gives the settings that are not said otherwise.
 */
import { checkSetting, type Amount, type RunSettings, type TrainSettings } from './settings.js';

export interface Recipe {
  readonly settings: Partial<TrainSettings>;
  /** Tokens that are read of a text, or fewer where the model reads fewer. */
  readonly maxLength: number;
  /** Of fewer than `MANY_TEXTS` texts; of very few more epochs. */
  readonly few: RecipeAmount;
  /** Of so many, as more texts teach more each time. */
  readonly many: RecipeAmount;
  /** For the help: what is different about it. */
  readonly about: string;
  /** For the help: what it took and reached. */
  readonly figures: string;
}

/** What isn't said of an amount is as usual. */
type RecipeAmount = Partial<Amount> & Pick<Amount, 'epochs'>;

const USUAL: Omit<Amount, 'epochs'> = { shortFirst: 0, branches: 1, batchSize: 16, learningRate: 1e-4 };

/** From so many texts on they count as many. */
export const MANY_TEXTS = 5000;

export const RECIPES: { readonly [K in TrainSettings['recipe']]: Recipe } = {
  fast: {
    settings: { freeze: 2, averageLast: 0.3, dropout: 0 },
    maxLength: 384,
    few: { epochs: 2, shortFirst: 0.8 },
    many: { epochs: 0.8, shortFirst: 0.8 },
    about: 'little of each text at first, without dropout; the embeddings and two layers stay as they are',
    figures: '87 % in 4 minutes; with 24,996 reviews 91.8 % in 15',
  },
  balanced: {
    settings: {},
    maxLength: 192,
    few: { epochs: 1.5 },
    many: { epochs: 1 },
    about: 'the defaults',
    figures: '89 % in 4 minutes',
  },
  best: {
    settings: { averageLast: 0.3, dropout: 0 },
    maxLength: 512,
    few: { epochs: 3.5, shortFirst: 0.28, branches: 3, batchSize: 8, learningRate: 7e-5 },
    many: { epochs: 2, shortFirst: 0.5 },
    about: 'long texts, without dropout; the mean of the last weights, of few texts those of three branches',
    figures: '90.1 % in 17 minutes; with 24,996 reviews 93.3 % in 91',
  },
};

/** However few texts there are, so many have to be seen, 150 updates of 16 (docs/training.md) ... */
export const LEAST_SEEN = 2400;

/** ... but after so many epochs there is nothing left to learn from them. */
export const MOST_EPOCHS = 20;

/** The settings with what wasn't said of how much is seen as the recipe has it for so many texts. */
export function forTexts(given: TrainSettings, texts: number): RunSettings {
  const { epochs: often, ...recipe } = {
    ...USUAL,
    ...RECIPES[given.recipe][texts < MANY_TEXTS ? 'few' : 'many'],
    // A frozen encoder reads each text once.
    ...(given.freeze === 'all' && { shortFirst: 0, branches: 1 }),
  };
  const shortFirst = given.shortFirst ?? recipe.shortFirst;
  const branches = given.branches ?? recipe.branches;
  const least = LEAST_SEEN / texts;
  // What leads to one of the branches has to be enough.
  const onPath = shortFirst + (1 - shortFirst) / branches;
  const enough = least > often * onPath ? Math.ceil(Math.min(MOST_EPOCHS, least) / onPath) : often;
  return {
    ...given,
    epochs: given.epochs ?? enough,
    ...{ shortFirst, branches },
    batchSize: given.batchSize ?? recipe.batchSize,
    learningRate: given.learningRate ?? recipe.learningRate,
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
