/** Whether what the page writes can be read: contrasts of WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (graphics). */
import { expect, test } from 'vitest';
import { EXPLANATION_CSS } from '../../src/explain/html.js';
import { STYLE } from '../../src/report/style.js';

/** The colours of both themes; on paper the ground is white. */
const themes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(
  ([, rules]) =>
    new Map([...rules!.matchAll(/--([\w-]+): (#[\da-f]{6})/g)].map(([, name, hex]) => [name!, hex!])),
);

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

test('the formula gives what the standard says', () => {
  expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 10);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2); // just below, a well-known case
});

test('there are three themes: light, dark and on paper', () => {
  expect(themes).toHaveLength(3);
});

const ON = ['paper', 'card'];
const LEAST = { ink: 4.5, soft: 4.5, faint: 4.5, good: 4.5, bad: 4.5, 'tone-0': 3, 'tone-1': 3, 'tone-2': 3, 'tone-3': 3, 'tone-4': 3, 'tone-5': 3 }; // prettier-ignore

test.each(Object.entries(LEAST))('%s is at least %d : 1 on each ground', (name, least) => {
  for (const theme of themes) {
    for (const ground of ON)
      expect(contrast(theme.get(name)!, theme.get(ground)!), `${name} on ${ground}`).toBeGreaterThanOrEqual(
        least,
      );
  }
});

test('letters on the colours of words that count are at least 4.5 : 1', () => {
  const rules = [...EXPLANATION_CSS.matchAll(/\{background:(#[\da-f]{6});color:(#[\da-f]{6})\}/g)];
  expect(rules).toHaveLength(16); // for and against, four strengths, light and dark
  for (const [rule, ground, ink] of rules) expect(contrast(ground!, ink!), rule).toBeGreaterThanOrEqual(4.5);
});

test('what was cut off is written fainter, but at least 4.5 : 1', () => {
  const opacity = Number(/\.why \.cut\{opacity:([\d.]+)/.exec(EXPLANATION_CSS)![1]);
  for (const theme of themes) {
    const [ink, card] = [theme.get('ink')!, theme.get('card')!];
    const mixed = [1, 3, 5].map((at) => {
      const part = (hex: string): number => parseInt(hex.slice(at, at + 2), 16);
      return Math.round(opacity * part(ink) + (1 - opacity) * part(card))
        .toString(16)
        .padStart(2, '0');
    });
    expect(contrast(`#${mixed.join('')}`, card)).toBeGreaterThanOrEqual(4.5);
  }
});
