import { escapeText } from './escape.ts';
import { comparisonTable } from './html-comparison.ts';
import type { Block, ClaimVerdict, JudgedClaim, Page, PageSection } from './page.ts';
import { PAGE_STYLE } from './page-style.ts';
import { isNumericColumn, requireRectangle, type Table } from './table.ts';

const CLAIM_CLASSES: Readonly<Record<ClaimVerdict, string>> = {
  confirmed: 'confirmed',
  'not confirmed': 'refuted',
  'not decided at this budget': 'open',
  'not testable here': 'open',
  'not measured in this run': 'open',
};

/**
 * A report as one HTML file that needs nothing else: no network, no script. The same page gives the same bytes.
 *
 * @throws {RangeError} if a table is ragged or empty, or a comparison has no figure
 */
export function htmlPage({ title, lead, sections }: Page): string {
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // No request can leave the page, whatever its texts contain.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeText(title)}</h1>`,
    ...lead.map((text) => `<p>${escapeText(text)}</p>`),
    contents(sections),
    '<main>',
    ...sections.map(sectionHtml),
    '</main>',
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

const idOf = (index: number): string => `section-${index + 1}`;

/** The sections, each with how its figures or claims came out. */
function contents(sections: readonly PageSection[]): string {
  const items = sections.map(({ title, blocks }, index) => {
    const counted = countedVerdicts(blocks);
    const counts = counted === '' ? '' : ` <span class="counts">${escapeText(counted)}</span>`;
    return `<li><a href="#${idOf(index)}">${escapeText(title)}</a>${counts}</li>`;
  });
  return `<nav aria-label="Contents"><ol>${items.join('\n')}</ol></nav>`;
}

/** `3 agrees, 1 differs`; empty where nothing is judged. */
function countedVerdicts(blocks: readonly Block[]): string {
  const counts = new Map<string, number>();
  for (const block of blocks) {
    const judged = block.kind === 'comparison' ? block.figures : block.kind === 'claims' ? block.claims : [];
    for (const { verdict } of judged) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return [...counts].map(([verdict, count]) => `${verdict} ${count}`).join(', ');
}

function sectionHtml({ title, blocks }: PageSection, index: number): string {
  const parts = blocks.map((block, place) => blockHtml(block, `${idOf(index)}-${place + 1}`));
  return [`<section id="${idOf(index)}">`, `<h2>${escapeText(title)}</h2>`, ...parts, '</section>'].join('\n');
}

function blockHtml(block: Block, id: string): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escapeText(block.text)}</p>`;
    case 'table':
      return tableHtml(block.table, block.caption);
    case 'comparison':
      return comparisonTable(block.figures, id, block.caption);
    case 'charts':
      return `<div class="charts">${block.charts
        .map(({ svg, caption }) => {
          const words = caption === undefined ? '' : `<figcaption>${escapeText(caption)}</figcaption>`;
          return `<figure>${svg}${words}</figure>`;
        })
        .join('\n')}</div>`;
    case 'claims':
      return `<ol class="claims">${block.claims.map(claimHtml).join('\n')}</ol>`;
    case 'facts':
      return `<dl>${block.facts.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`).join('\n')}</dl>`;
  }
}

function tableHtml(table: Table, caption?: string): string {
  requireRectangle(table);
  const figure = table[0]!.map((_, column) => (isNumericColumn(table, column) ? ' class="figure"' : ''));
  const head = table[0]!.map((text, column) => `<th scope="col"${figure[column]}>${escapeText(text)}</th>`);
  const body = table.slice(1).map((row) => {
    return `<tr>${row.map((text, column) => `<td${figure[column]}>${escapeText(text)}</td>`).join('')}</tr>`;
  });
  return [
    '<div class="wide"><table>',
    ...(caption === undefined ? [] : [`<caption>${escapeText(caption)}</caption>`]),
    `<thead><tr>${head.join('')}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody></table></div>`,
  ].join('\n');
}

function claimHtml({ id, quote, test, verdict, figures }: JudgedClaim): string {
  return [
    `<li id="claim-${escapeText(id)}"><span class="verdict ${CLAIM_CLASSES[verdict]}">${escapeText(verdict)}</span> <span class="soft">${escapeText(id)}</span>`,
    `<blockquote>“${escapeText(quote)}”</blockquote>`,
    `<p>${escapeText(figures)}</p>`,
    `<p class="soft">Tested by: ${escapeText(test)}</p></li>`,
  ].join('\n');
}
