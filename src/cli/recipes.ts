/** The recipes as the help tells them. */
import { RECIPES } from '../train/recipes.js';
import { flagOf } from '../train/settings.js';

/** A paragraph for each recipe: what it sets, and what it took and reached. */
export function recipeHelp(): string {
  const lines = Object.entries(RECIPES).flatMap(([name, { settings, maxLength, about, figures }]) => {
    const flags = Object.entries({ ...settings, maxLength }).map(([key, value]) => `${flagOf(key)} ${value}`);
    const margin = ' '.repeat(12);
    const more = [flags.join(' '), figures].filter((line) => line !== '');
    return [`  ${name.padEnd(10)}${about}`, ...more.map((line) => `${margin}${line}`)];
  });
  return ['Recipes (IMDB reviews, the bundled model, two server cores):', ...lines].join('\n');
}
