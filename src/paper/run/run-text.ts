import { markdownTable, type Table, textTable } from '../../report/table.ts';
import { type Ledger, ledgerTable } from '../claims/ledger.ts';
import { cellTable, RATIO_TOLERANCE, RECALL_TOLERANCE } from '../tables/cell.ts';
import type { ComparedTable } from '../tables/compared-tables.ts';

/** How verdicts on cells are given. */
export const RULES =
  `A recall agrees within ${RECALL_TOLERANCE} point, a share of a cost within ${RATIO_TOLERANCE}. ` +
  'Seconds are processor time of one thread; those of different machines are not compared, the counts are the same on every machine.';

/** What the texts of a run are made of. */
export interface RunTexts {
  readonly tables: readonly ComparedTable[];
  /** A file with Figure 3 beside the Markdown, if it was drawn. */
  readonly figure3: string | undefined;
  readonly ledger: Ledger | undefined;
}

function tablesOf({ cells, more }: ComparedTable): readonly Table[] {
  return cells.length > 0 ? [cellTable(cells), ...more] : more;
}

/** How many claims came out how: `confirmed 12, not confirmed 8`. */
function counted({ experiments, printed }: Ledger): string {
  const counts = new Map<string, number>();
  for (const { verdict } of [...experiments, ...printed]) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${verdict} ${count}`).join(', ');
}

/** The lines for a terminal. */
export function plainText({ tables, figure3, ledger }: RunTexts): string[] {
  const body = tables.flatMap((table) => [table.title, '', ...tablesOf(table).flatMap((one) => [textTable(one), ''])]);
  return [
    ...body,
    ...(figure3 === undefined ? [] : [`${FIGURE_3}: ${figure3}`, '']),
    ...(ledger ? [`Claims of the paper: ${counted(ledger)}`, ''] : []),
    ...(tables.length > 0 ? [RULES] : []),
  ];
}

const FIGURE_3 = 'Figure 3: weight of a pair in the INRP loss';

/** The same, the claims in full, as a Markdown file. */
export function markdown({ tables, figure3, ledger }: RunTexts): string {
  const parts = tables.map((table) => {
    const note = table.note === undefined ? [] : [table.note];
    return [`## ${table.title}`, ...note, ...tablesOf(table).map(markdownTable)].join('\n\n');
  });
  if (figure3 !== undefined) parts.push(`## ${FIGURE_3}\n\n![${FIGURE_3}](${figure3})`);
  if (ledger) parts.push(`## Claims of the paper\n\n${markdownTable(ledgerTable(ledger))}`);
  if (tables.length > 0) parts.push(RULES);
  return `${parts.join('\n\n')}\n`;
}
