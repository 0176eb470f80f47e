/** The cards of models, with texts in them that are made to be more than text where Markdown becomes a page. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { answersElsewhere } from '../../src/checkpoint/contract.js';
import { exportCard } from '../../src/checkpoint/export-card.js';
import { asSentence, modelCard, plain, pretrainedCard } from '../../src/checkpoint/model-card.js';
import { publicModel, publicName } from '../../src/checkpoint/public-names.js';
import { oneLine } from '../../src/util/wording.js';
import { tempFolder } from '../files/temp.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { CONTROLS, MARKUP } from '../support/payloads.js';

/** What Markdown, and what sites add to it, makes of a bare text. */
const MARKDOWN = [
  ...['[x](javascript:hit)', '![x](https://evil.example/x.png)', '[x]: https://evil.example', '<https://evil.example>', '<a@evil.example>'],
  ...['https://evil.example', 'http://evil.example/x_y_z', 'www.evil.example', 'WWW.evil.example', 'a@evil.example', '@somebody', 'ftp://evil.example'],
  ...['*a*', '**a**', '_a_', '__a__', '~~a~~', '`a`', '``a`', '```', '~~~', '# a', 'a #', '> a', '- a', '+ a', '* a', '1. a', '1) a', '---', '***', '===', '| a | b |', '|-|-|'],
  ...['a\n\n# b', 'a\n---\nb', 'a\r\n> b', '    a', '\ta', 'a  \nb', 'a\\\nb', '\\*a*', '&lt;b&gt;', '&#60;b&#62;', '&amp;#60;', ':smile:', '$a$', '$$a$$', '[^1]', '[^1]: a', '[ ] a'],
  ...['<!-- a', '<![CDATA[a', '<?a', '<!A', '</code><b>', '<details>', '<style>*{display:none}</style>', '{{ a }}', '{% raw %}', '[[a]]', '==a==', '^a^', 'a\u2028# b', '\u0000', '\ufeff# a'],
]; // prettier-ignore
const PAYLOADS = [...MARKUP, ...CONTROLS, ...MARKDOWN];

interface Named {
  readonly label: string;
  readonly data: string;
  readonly model: string;
}

/** Below the front matter, of each kind of card. */
function bodies({ label, data, model }: Named): string[] {
  const contract = { maxLength: 24, truncation: 'head', clean: 'none', golden: [] } as const;
  const record = {
    ...{ bertuneVersion: '0.1.0', versions: {}, labels: [label, 'b'], baseModel: model, baseModelRevision: undefined },
    ...{ data: { train: data, train_examples: 3, test_examples: 2 }, settings: { note: label } },
  };
  const input = { modelType: 'bert', labels: [label, 'b'], contract, record, evalResults: {} };
  const measured = { bytes: 1, score: 1, texts_per_second: 1 };
  const check = {
    ...{ data, examples: 2, own_test_texts: false, threads: 1, drop: 0, same_label: 1, fp32: measured, int8: measured },
    ...({ problem_type: 'single_label_classification', metric: 'accuracy' } as const),
  };
  return [
    modelCard(input),
    modelCard({ ...input, adapterBase: 'x' }),
    exportCard({ labels: [label], isForTransformers: true, files: [{ name: 'a', dtype: 'fp32', bytes: 1 }], check, ...contract, contract: undefined }),
    pretrainedCard({ record, evalResults: { perplexity: 1, perplexity_before: 2 } }),
  ].map((card) => /^---\n.*?\n---\n(.*)$/s.exec(card)![1]!);
} // prettier-ignore

/** Between fences stands code, where JSON is. */
const withoutCode = (body: string): string => body.replace(/^```\w*\n.*?\n```$/gms, '');

/** Without anything that has a meaning but in `&#60;` and its like. */
const SAFE = /^(?:[^\\`*_~{}[\]<>#|&:@$\n\r]|&#\d+;)*$/;

describe(`cards of ${PAYLOADS.length} texts`, () => {
  const LABEL = 'Qlabelq';
  const usual = bodies({ label: LABEL, data: 'Qdataq', model: 'Qmodelq' });

  test('each stands where a name stands, as its characters alone: nothing else of the card is changed', () => {
    for (const each of PAYLOADS) {
      const found = bodies({ label: each, data: each, model: each });
      const model = publicModel({ baseModel: each, baseModelRevision: undefined });
      const expected = usual.map((body) =>
        body
          .replaceAll(LABEL, () => plain(each))
          .replaceAll('Qdataq', () => plain(publicName(each)))
          .replaceAll('Qmodelq', () => plain(model)),
      );
      expect(found.map(withoutCode), JSON.stringify(each)).toEqual(expected.map(withoutCode));
      // Code has as many lines and fences as before.
      const fences = (body: string): number[] => body.split('\n').flatMap((line, i) => (/^\s*(```|~~~)/.test(line) ? [i] : []));
      expect(found.map(fences)).toEqual(usual.map(fences));
    }
  }); // prettier-ignore

  test('none has a character that Markdown, HTML or a site takes for more than itself', () => {
    for (const each of PAYLOADS) {
      const threshold = { score: 0.5, label: each, target: 'recall', wanted: 0.5 };
      const note = asSentence(answersElsewhere({ threshold }));
      expect(note).toMatch(SAFE);
      const escaped = plain(each);
      expect(escaped).toMatch(SAFE);
      expect(escaped).not.toMatch(/www\.|:\/\//i);
      expect(escaped.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))).toBe(
        oneLine(each),
      );
    }
  });
});

describeInBrowser('the same in a page', (browser) => {
  test('nothing runs, and each is shown as text', async () => {
    const html = PAYLOADS.map((each) => `<h1>${plain(each)}</h1><p><code>${plain(each)}</code></p>`).join(
      '\n',
    );
    const path = join(tempFolder(), 'card.html');
    writeFileSync(path, `<!doctype html><meta charset="utf-8"><main>${html}</main>`);
    const { page, problems, close } = await openPage(browser(), pathToFileURL(path).href);
    const found = await page.evaluate(() => ({
      hits: (globalThis as { hits?: number }).hits ?? 0,
      tags: [...new Set([...document.querySelectorAll('main *')].map(({ tagName }) => tagName))],
      texts: [...document.querySelectorAll('h1')].map(({ textContent }) => textContent),
    }));
    expect(found).toEqual({ hits: 0, tags: ['H1', 'P', 'CODE'], texts: PAYLOADS.map(oneLine) });
    expect(problems).toEqual([]);
    await close();
  });
});
