/**
 * The style of a report: light and dark by the reader's setting, one column from a phone to a desk, black on white in print. Tables and
 * charts wider than the screen scroll by themselves, so that the page never does.
 */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1c1c1c; --soft: #595959; --line: #ddd; --panel: #f5f6f8; --good: #0a6b3d; --bad: #a4400a; --mute: #595959; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16181b; --ink: #e8e8e8; --soft: #a8abb0; --line: #3a3d42; --panel: #1f2226; --good: #5fd39b; --bad: #ff9d5c; --mute: #a8abb0; }
  .series-0[stroke] { stroke: #5db4ee; } .series-0[fill^="#"] { fill: #5db4ee; }
  .series-1[stroke] { stroke: #ff8a3d; } .series-1[fill^="#"] { fill: #ff8a3d; }
  .series-2[stroke] { stroke: #2fd0a0; } .series-2[fill^="#"] { fill: #2fd0a0; }
  .series-4[stroke] { stroke: #e6c34a; } .series-4[fill^="#"] { fill: #e6c34a; }
  .series-5[stroke] { stroke: #cdbdff; } .series-5[fill^="#"] { fill: #cdbdff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem clamp(0.75rem, 3vw, 2rem) 3rem; max-width: 76rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0 0.75rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: inherit; }
nav ol { margin: 0.5rem 0; padding-left: 1.5rem; }
nav .counts, caption, figcaption, .beside, .reasons, .soft { color: var(--soft); }
.wide { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0.25rem 0; }
th, td { padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { background: var(--panel); vertical-align: bottom; }
td.figure, th.figure { text-align: right; } td.figure { white-space: nowrap; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--ground); }
.ours { font-weight: 600; }
.beside { display: block; font-size: 0.88em; }
.agrees { color: var(--good); } .differs { color: var(--bad); } .confirmed { color: var(--good); } .refuted { color: var(--bad); } .open { color: var(--mute); }
.mark { display: inline-block; width: 1.1em; text-align: center; }
sup { line-height: 0; } sup a { text-decoration: none; }
.reasons { font-size: 0.85rem; margin: 0.25rem 0 1rem; padding-left: 1.75rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
figure { margin: 0.75rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; max-width: 46rem; height: auto; }
figcaption { font-size: 0.85rem; }
svg { fill: var(--ink); } svg .ground { fill: var(--ground); } svg .grid { stroke: var(--line); }
.claims { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 0.75rem; margin: 0.75rem 0; padding: 0; list-style: none; }
.claims li { padding: 0.6rem 0.8rem; border: 1px solid var(--line); border-radius: 0.4rem; break-inside: avoid; }
.claims blockquote { margin: 0.2rem 0; }
.claims p { font-size: 0.9rem; max-width: none; margin: 0.2rem 0; }
.verdict { font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 0.2rem 1rem; font-size: 0.9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.4rem; } figure svg text { font-size: 18px; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --ink: #000; --soft: #444; --line: #bbb; --panel: #f2f2f2; --good: #000; --bad: #000; --mute: #444; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tbody th { position: static; } .charts { grid-template-columns: 1fr 1fr; } .reasons, .claims p { font-size: 8pt; }
  table { font-size: 7.5pt; } th, td { padding: 0.15rem 0.35rem; }
  .wide, figure { overflow: visible; } figure svg { max-width: 15cm; }
  tr, figure { break-inside: avoid; } h2 { break-after: avoid; }
}
`;
