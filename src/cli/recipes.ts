/** The recipes as the help tells them. */
import { LEAST_SEEN, MANY_TEXTS, MOST_EPOCHS, RECIPES } from '../train/recipes.js';
import { flagOf } from '../train/settings.js';
import { thousands } from './terminal.js';

/** A paragraph for each recipe: what it sets, and what it took and reached. */
export function recipeHelp(): string {
  const lines = Object.entries(RECIPES).flatMap(([name, recipe]) => {
    const { settings, maxLength, few, many, about, figures } = recipe;
    const flagsOf = (said: object): string =>
      Object.entries(said)
        .map(([key, value]) => `${flagOf(key)} ${written(value)}`)
        .join(' ');
    const margin = ' '.repeat(12);
    const border = thousands(MANY_TEXTS);
    const amounts = [`below ${border} texts ${flagsOf(few)}`, `from ${border} on ${flagsOf(many)}`];
    const more = [flagsOf({ ...settings, maxLength }), ...amounts, figures];
    return [`  ${name.padEnd(10)}${about}`, ...more.map((line) => `${margin}${line}`)];
  });
  return [
    'Recipes (figures: 2,000 IMDB reviews, the bundled model, two server cores; on reviews not seen):',
    ...lines,
    `  Very few texts are seen more often, until ${thousands(LEAST_SEEN)} were, or each of them ${MOST_EPOCHS} times.`,
  ].join('\n');
}

/** Small numbers as they are said: 7e-5. */
function written(value: unknown): string {
  return typeof value === 'number' && value > 0 && value < 1e-3 ? value.toExponential() : String(value);
}
