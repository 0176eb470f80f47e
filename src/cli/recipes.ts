/** The recipes as the help tells them. */
import { MANY_TEXTS, RECIPES } from '../train/recipes.js';
import { flagOf } from '../train/settings.js';

/** A paragraph for each recipe: what it sets, and what it took and reached. */
export function recipeHelp(): string {
  const lines = Object.entries(RECIPES).flatMap(([name, recipe]) => {
    const { settings, maxLength, few, many, about, figures } = recipe;
    const flagsOf = (said: object): string =>
      Object.entries(said)
        .map(([key, value]) => `${flagOf(key)} ${value}`)
        .join(' ');
    const margin = ' '.repeat(12);
    const ofMany = `of ${MANY_TEXTS.toLocaleString('en')} texts and more ${flagsOf(many)}`;
    const more = [`${flagsOf({ ...settings, maxLength, ...few })};`, ofMany, figures];
    return [`  ${name.padEnd(10)}${about}`, ...more.map((line) => `${margin}${line}`)];
  });
  return [
    'Recipes (figures: 2,000 IMDB reviews, the bundled model, two server cores; on reviews not seen):',
    ...lines,
  ].join('\n');
}
