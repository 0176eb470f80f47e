import { describe, expect, test } from 'vitest';

import { clean, cleanHtml } from '../../src/data/clean.js';

/** What becomes of HTML. */
const CLEANED: { text: string; cleaned: string }[] = [
  { text: 'Good.<br /><br />See it!', cleaned: 'Good.\nSee it!' },
  { text: 'Good.<br><BR/>\n <br >See it!', cleaned: 'Good.\nSee it!' },
  { text: 'one <br /> two', cleaned: 'one\ntwo' },
  { text: '<p>One</p><p class="x">two</p>', cleaned: 'One\ntwo' },
  { text: '</div>one</div>two<div>', cleaned: 'one\ntwo' },
  { text: 'un<b>believ</b>able', cleaned: 'unbelievable' },
  { text: 'a <i>very</i>  good <EM>film</EM>', cleaned: 'a very  good film' },
  { text: '<a href="http://a.b/?c=1&amp;d=2">link</a>, <img src=x.png alt="no">end', cleaned: 'link, end' },
  { text: `<a title="a > b" href='x'>link</a>`, cleaned: 'link' },
  { text: '<a title="<b>">link</a>', cleaned: 'link' },
  { text: '<input disabled><hr noshade>x', cleaned: 'x' },
  { text: '<td>1</td><td>2</td>', cleaned: '1 2' },
  { text: '<table><tr><td>1<td>2<tr><td>3</table>', cleaned: '1 2\n3' },
  { text: '<ul><li>1<li>2</ul>3', cleaned: '1\n2\n3' },
  { text: 'a<!-- hidden <b> -- -->b<!---->c', cleaned: 'abc' },
  { text: 'a<script>if (1 < 2) { "<br>" }</script>b<STYLE type="x">p > a {}</style >c', cleaned: 'abc' },
  { text: '<!DOCTYPE html><html><head><title>A & B</title></head><body>text</body></html>', cleaned: 'A & B\ntext' },
  { text: 'AT&amp;T &lt;3 &quot;hi&quot; caf&eacute; &#233; &#xE9; &hellip;', cleaned: 'AT&T <3 "hi" café é é …' },
  { text: 'a&nbsp;b', cleaned: 'a\u00A0b' },
  { text: '&amp;lt;br&amp;gt;', cleaned: '&lt;br&gt;' },
  { text: '&lt;br&gt; is a tag', cleaned: '<br> is a tag' },
  { text: '  <br /> ', cleaned: '' },
  { text: '<br />', cleaned: '' },
  { text: '</p>', cleaned: '' },
  { text: '5 < 6<br>and 7 > 6', cleaned: '5 < 6\nand 7 > 6' },
  { text: '<sarcasm>Oh</sarcasm> <b>great</b>', cleaned: '<sarcasm>Oh</sarcasm> great' },
  { text: '<b and then<br />more', cleaned: '<b and then\nmore' },
  { text: '<xmp>a<br>b', cleaned: 'a\nb' },
  { text: '<textarea>a<br>b<title>c<br>d', cleaned: 'a\nb\nc\nd' },
];

/** Text that looks like HTML but is not. */
const SURVIVES = [
  'a < b',
  'a<b',
  'I <3 it',
  '<3',
  '<',
  '<<<',
  '<>',
  '</>',
  '< b >',
  'x <y and z',
  'x <y and z> w',
  'a < b > c & d',
  '<sarcasm>',
  '<SPOILER>',
  '</rant>',
  '<I loved it>',
  '<a great film>',
  '<strong language>',
  '<brilliant>',
  '<b',
  'the end <br',
  'the end <a href="x',
  'the end </b',
  'how to use <script> at all',
  '<style> and <script> and </styl',
  'unended <!-- comment',
  '<!-- a ->',
  '<!',
  '<?',
  'AT&T',
  'R&D & B',
  'good &not bad',
  '&unknown;',
  '&',
  '&&amp',
  '&#;',
  '&;',
  '<user@example.com>',
  '<https://example.com>',
  '>:-( <:-)',
  'café <é>',
];

describe('cleanHtml', () => {
  test.each(CLEANED)('$text', ({ text, cleaned }) => {
    expect(cleanHtml(text)).toBe(cleaned);
  });

  test.each(SURVIVES)('%s survives', (text) => {
    expect(cleanHtml(text)).toBe(text);
    // ... also beside real markup
    expect(cleanHtml(`${text}<br />${text}`)).toBe(`${text}\n${text}`);
  });

  test.each(['', 'plain', '  two  spaces\n\n kept ', 'quotes "\' and \u0000 > é'])('%j has no markup', (text) => {
    expect(cleanHtml(text)).toBe(text);
  });

  test('hostile texts take linear time', () => {
    const started = performance.now();
    for (const part of ['<script>', '<!--', '<b ', '<a x=""', `<a x='"`, '<a ="', '<br>', ' <br> ', '<', '&', '= ', '<b x= ']) {
      cleanHtml(part.repeat(20_000));
      cleanHtml('<a ' + part.repeat(20_000));
    }
    expect(performance.now() - started).toBeLessThan(3000); // 0.3 s here; a quadratic one takes minutes
  });

  test('cleaning "none" changes nothing', () => {
    expect(clean('a<br />b &amp;', 'none')).toBe('a<br />b &amp;');
    expect(clean('a<br />b &amp;', 'html')).toBe('a\nb &');
  });
});
