import { expect, test } from 'vitest';
import { escapeHtml } from '../../src/util/html.js';
import { escapedJson, oneLine } from '../../src/util/wording.js';
import { shown } from '../../src/cli/terminal.js';
import { CONTROLS } from '../support/payloads.js';

/** What may control a terminal, or change the order of characters: named by its category, not by a list. */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/u;

test(`${CONTROLS.length} texts that would control a terminal are one line that can't`, () => {
  expect(new Set(CONTROLS).size).toBeGreaterThanOrEqual(50);
  for (const text of CONTROLS) {
    const said = JSON.stringify(text);
    expect(oneLine(`a${text}b`), said).not.toMatch(HARMFUL);
    expect(shown(`a${text}b`, 40), said).not.toMatch(HARMFUL);
    const json = escapedJson(JSON.stringify({ [text]: text }));
    expect(json, said).not.toMatch(HARMFUL);
    expect(JSON.parse(json), said).toEqual({ [text]: text });
    expect(escapeHtml(text), said).not.toMatch(/(?!\s)\p{Cc}|\p{Bidi_Control}/u);
  }
});
