import { escapeText } from './escape.ts';
import type { ComparedFigure } from './page.ts';

/** Signs beside the colors, which print and color blindness take away. */
const MARKS: Readonly<Record<string, string>> = { agrees: '✓', differs: '≠' };

/**
 * Figures in the rows and columns of their table: ours, below it the paper's and the difference, a mark for the verdict, and a number
 * that leads to the reason below the table.
 *
 * @param id of the section, for links
 * @throws {RangeError} if there is no figure
 */
export function comparisonTable(figures: readonly ComparedFigure[], id: string, caption?: string): string {
  if (figures.length === 0) throw new RangeError('comparisonTable: expected at least one figure, got none.');
  const rows = [...new Set(figures.map(({ row }) => row))];
  const columns = [...new Set(figures.map(({ column }) => column))];
  const reasons = [...new Set(figures.map(reasonOf).filter((reason) => reason !== ''))];
  const body = rows.map((row) => {
    const cells = columns.map((column) => {
      const here = figures.filter((figure) => figure.row === row && figure.column === column);
      return `<td class="figure">${here.map((figure) => cell(figure, reasons, id)).join('')}</td>`;
    });
    return `<tr><th scope="row">${escapeText(row)}</th>${cells.join('')}</tr>`;
  });
  const head = columns.map((column) => `<th scope="col" class="figure">${escapeText(column)}</th>`);
  const notes = reasons.map((reason, i) => `<li id="${id}-reason-${i + 1}">${escapeText(reason)}</li>`);
  return [
    '<div class="wide"><table>',
    caption === undefined ? '' : `<caption>${escapeText(caption)}</caption>`,
    `<thead><tr><td></td>${head.join('')}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody></table></div>`,
    notes.length > 0 ? `<ol class="reasons">${notes.join('')}</ol>` : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The verdict in words belongs to the reason where it has no mark. */
function reasonOf({ verdict, reason }: ComparedFigure): string {
  if (verdict in MARKS) return reason;
  return reason === '' ? verdict : `${verdict}: ${reason}`;
}

function cell(figure: ComparedFigure, reasons: readonly string[], id: string): string {
  const { ours, paper, digits, verdict } = figure;
  const mark = MARKS[verdict];
  const number = reasons.indexOf(reasonOf(figure)) + 1;
  const note = number === 0 ? '' : `<sup><a href="#${id}-reason-${number}">${number}</a></sup>`;
  const sign = mark === undefined ? '' : `<span class="mark ${verdict}" title="${verdict}">${mark}</span>`;
  const difference = paper === undefined ? '' : signed(ours - paper, digits);
  const beside = paper === undefined ? '' : `<span class="beside">${paper.toFixed(digits)} (${difference})</span>`;
  return `<span class="ours">${ours.toFixed(digits)}</span>${sign}${note}${beside}`;
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return value > 0 ? `+${text}` : text;
}
