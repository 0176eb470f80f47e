/** The recipes as the help tells them. */
import { MANY_TEXTS, RECIPES } from '../train/recipes.js';
import { flagOf } from '../train/settings.js';

/** A paragraph for each recipe: what it sets, and what it took and reached. */
export function recipeHelp(): string {
  const lines = Object.entries(RECIPES).flatMap(([name, recipe]) => {
    const { settings, maxLength, epochs, about, figures } = recipe;
    const flags = Object.entries({ ...settings, maxLength }).map(([key, value]) => `${flagOf(key)} ${value}`);
    flags.push(
      `--epochs ${epochs.few} (${epochs.many} of ${MANY_TEXTS.toLocaleString('en')} texts and more)`,
    );
    const margin = ' '.repeat(12);
    const more = [flags.join(' '), figures].filter((line) => line !== '');
    return [`  ${name.padEnd(10)}${about}`, ...more.map((line) => `${margin}${line}`)];
  });
  return [
    'Recipes (figures: 2,000 IMDB reviews, the bundled model, two server cores; on reviews not seen):',
    ...lines,
  ].join('\n');
}
