/** How the page looks: light and dark as the reader has it, on a phone, on a desk and on paper. */
import { EXPLANATION_CSS } from '../explain/html.js';

const LIGHT = `
  --ink: #1b1f24; --soft: #57606a; --faint: #68717b; --rule: #e1e5ea; --grid: #eaedf1;
  --paper: #f7f8f9; --card: #ffffff; --good: #11735a; --bad: #b3402a; --heat: 11 87 164;
  --tone-0: #0b57a4; --tone-1: #c2551c; --tone-2: #11806a; --tone-3: #8a4fbd; --tone-4: #8a6d00; --tone-5: #b23a72;`;
const DARK = `
  --ink: #e6e9ed; --soft: #a2abb5; --faint: #8a949f; --rule: #2b323a; --grid: #262c33;
  --paper: #101317; --card: #171b21; --good: #5fcfa8; --bad: #f2937b; --heat: 88 166 255;
  --tone-0: #6db3f8; --tone-1: #f0965a; --tone-2: #4fc9ab; --tone-3: #c39bec; --tone-4: #d9bd4d; --tone-5: #ec86b4;`;

export const STYLE = `${EXPLANATION_CSS}
:root { color-scheme: light dark;${LIGHT} }
@media (prefers-color-scheme: dark) { :root {${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; overflow-wrap: break-word; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 17px; font-weight: 600; color: var(--soft); margin: 0 0 14px; }
h2 { font-size: 19px; font-weight: 650; margin: 0 0 4px; letter-spacing: -0.01em; }
h3 { font-size: 14px; font-weight: 600; margin: 0 0 6px; }
p { margin: 0 0 10px; max-width: 74ch; }
.verdict { font-size: 26px; line-height: 1.32; font-weight: 600; letter-spacing: -0.017em; max-width: 42ch; margin: 0 0 12px; text-wrap: balance; }
.verdict + p, .lead { font-size: 16px; color: var(--soft); }
.note { color: var(--soft); font-size: 14px; }
.warning { border-left: 3px solid var(--bad); padding: 2px 0 2px 12px; }
section { margin-top: 44px; }
section > .note { margin-bottom: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(148px, 1fr)); gap: 10px; margin: 22px 0 0; padding: 0; list-style: none; }
.tiles li, figure, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
.tiles li { padding: 12px 14px; }
.tiles .value { display: block; font-size: 23px; font-weight: 600; letter-spacing: -0.02em; line-height: 1.25; }
.tiles .name, .tiles .range { display: block; font-size: 13px; color: var(--soft); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 12px; align-items: start; }
.plots > * { max-width: 520px; }
.plots.pairs { grid-template-columns: repeat(auto-fit, minmax(min(100%, 360px), 1fr)); }
.beside { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start; }
.beside > * { max-width: 100%; min-width: 0; }
figure { margin: 0; padding: 14px 14px 10px; min-width: 0; }
figcaption { font-size: 14px; font-weight: 600; margin-bottom: 8px; }
figcaption small { display: block; font-weight: 400; font-size: 13px; color: var(--soft); }
svg.plot { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 11px; fill: var(--soft); font-family: inherit; }
svg .axis-label { fill: var(--faint); }
svg .strong { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--grid); stroke-width: 1; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.line.reference { stroke-width: 1.2; stroke-dasharray: 3 4; }
.dot.faint { opacity: 0.5; } .share-bar { display: block; width: 140px; height: 12px; margin-top: 5px; } .counts { display: inline-block; margin-bottom: 12px; }
.bar { opacity: 0.85; } .bar.quiet { opacity: 0.32; } svg .range { stroke-width: 1.4; opacity: 0.6; }
.tone-0 { --tone: var(--tone-0); } .tone-1 { --tone: var(--tone-1); } .tone-2 { --tone: var(--tone-2); }
.tone-3 { --tone: var(--tone-3); } .tone-4 { --tone: var(--tone-4); } .tone-5 { --tone: var(--tone-5); }
.reference { --tone: var(--faint); }
.line, .range { stroke: var(--tone); } .dot, .bar { fill: var(--tone); }
.mark { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 4 3; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 0 0 6px; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; min-width: 0; }
.legend bdi { overflow: hidden; text-overflow: ellipsis; max-width: 220px; white-space: nowrap; }
.swatch { width: 18px; height: 8px; flex: none; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--soft); } thead th { white-space: nowrap; }
td.best { font-weight: 650; }
td.number, th.number { text-align: right; white-space: nowrap; }
.compared th { white-space: normal; min-width: 5em; } .compared thead th { overflow-wrap: anywhere; } .compared tbody th { font-weight: 400; color: inherit; }
.compared td.number { white-space: normal; } .compared .share, .compared bdi { overflow-wrap: anywhere; }
.facts td.number { white-space: normal; overflow-wrap: anywhere; }
tr:last-child > td, tr:last-child > th[scope=row] { border-bottom: 0; }
.card { padding: 6px 8px; }
table.wide { width: 100%; }
.confusion td { text-align: right; min-width: 58px; border: 0; border-radius: 6px; padding: 8px 10px; }
.confusion th { border: 0; white-space: nowrap; max-width: 160px; overflow: hidden; text-overflow: ellipsis; }
.confusion { border-collapse: separate; border-spacing: 2px; }
.confusion .right { font-weight: 650; }
.share { display: block; font-size: 12px; color: var(--soft); }
figure.heat { flex: 1 1 300px; max-width: 520px; }
.heat-cell { fill: rgb(var(--heat)); }
.shade-1 { background: rgb(var(--heat) / 0.05); } .shade-2 { background: rgb(var(--heat) / 0.1); }
.shade-3 { background: rgb(var(--heat) / 0.16); } .shade-4 { background: rgb(var(--heat) / 0.23); }
.shade-5 { background: rgb(var(--heat) / 0.31); } .shade-6 { background: rgb(var(--heat) / 0.4); }
.slices { width: 100%; table-layout: fixed; } .slices th:first-child { width: 42%; white-space: normal; }
.slices th:nth-child(3) { width: 70px; } .slices th:nth-child(4) { width: 58px; }
.slices td.drawn { padding-left: 4px; padding-right: 4px; }
.slices svg { display: block; width: 100%; height: 20px; overflow: visible; }
.slices .range { stroke-width: 2; } .point { fill: none; stroke: var(--tone); stroke-width: 8; stroke-linecap: round; }
.errors { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; } .errors .inside { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
details { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
summary { cursor: pointer; padding: 9px 14px; list-style-position: inside; }
details[open] > summary { border-bottom: 1px solid var(--rule); }
summary .said { font-weight: 600; } summary .where { color: var(--faint); font-size: 13px; }
summary .excerpt { display: block; color: var(--soft); font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
details[open] > summary .excerpt { display: none; }
.text { padding: 12px 16px; margin: 0; white-space: pre-wrap; font: inherit; max-width: 84ch; unicode-bidi: isolate; }
.inside { padding: 10px 14px; }
.good { color: var(--good); } .bad { color: var(--bad); }
code, .code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
progress { width: 100%; height: 10px; accent-color: var(--tone-0); margin: 6px 0 4px; }
footer { margin-top: 56px; padding-top: 14px; border-top: 1px solid var(--rule); color: var(--faint); font-size: 13px; }
@media (max-width: 560px) {
  main { padding: 22px 14px 40px; } .verdict { font-size: 21px; } section { margin-top: 34px; }
  th, td { padding: 5px 6px; } .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tiles .value { font-size: 20px; } figure { padding: 12px 10px 8px; }
}
@media print {
  :root {${LIGHT} --paper: #ffffff; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  section { margin-top: 22px; } figure, .tiles li, details, tr, .note { break-inside: avoid; } h2, h3, section > .note { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details:not(.errors > :not(.error))::details-content { content-visibility: visible; block-size: auto; }
  summary .excerpt { display: none; }
}
`;
