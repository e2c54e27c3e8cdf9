import type { Table } from '../../report/table.ts';

/** Whether a figure of ours says the same as the paper's. */
export type Verdict = 'agrees' | 'differs' | 'not comparable' | 'control';

/** One figure of a table of the paper beside ours. */
export interface Cell {
  readonly row: string;
  readonly column: string;
  readonly paper?: number;
  readonly ours: number;
  /** Digits after the point, for printing. */
  readonly digits: number;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Recalls within this many percentage points of the paper's agree. */
export const RECALL_TOLERANCE = 1;
/** Costs relative to the uncompressed run within this much of the paper's agree. */
export const RATIO_TOLERANCE = 0.1;

/** A recall in percent; `reason` explains a difference. */
export function recallCell(
  row: string,
  column: string,
  paper: number | undefined,
  ours: number,
  reason: string,
  digits = 1,
): Cell {
  return compare({ row, column, paper, ours, digits, reason }, RECALL_TOLERANCE);
}

/** A cost as a share of the uncompressed run's. */
export function ratioCell(row: string, column: string, paper: number | undefined, ours: number, reason: string): Cell {
  return compare({ row, column, paper, ours, digits: 2, reason }, RATIO_TOLERANCE);
}

type Figure = Omit<Cell, 'paper' | 'verdict'> & { readonly paper: number | undefined };

function compare({ paper, ...figure }: Figure, tolerance: number): Cell {
  const { ours, digits } = figure;
  if (paper === undefined) return { ...figure, verdict: 'control', reason: 'not in the paper' };
  // Half a unit of the last printed digit, so that a difference printed as the tolerance counts as within it.
  const agrees = Math.abs(ours - paper) <= tolerance + 0.5 * 10 ** -digits;
  return agrees ? { ...figure, paper, verdict: 'agrees', reason: '' } : { ...figure, paper, verdict: 'differs' };
}

/** A figure that depends on the machine or the size, shown but not judged. */
export function measuredCell(
  row: string,
  column: string,
  paper: number | undefined,
  ours: number,
  digits: number,
  reason: string,
): Cell {
  const cell: Cell = { row, column, ours, digits, verdict: 'not comparable', reason };
  return paper === undefined ? { ...cell, verdict: 'control', reason: 'not in the paper' } : { ...cell, paper };
}

const signed = (value: number, digits: number) => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;

/** Cells as a printable table: paper, ours, difference, verdict, reason. */
export function cellTable(cells: readonly Cell[]): Table {
  return [
    ['row', 'column', 'paper', 'ours', 'difference', 'verdict', 'reason'],
    ...cells.map(({ row, column, paper, ours, digits, verdict, reason }) => [
      row,
      column,
      paper === undefined ? '' : paper.toFixed(digits),
      ours.toFixed(digits),
      paper === undefined ? '' : signed(ours - paper, digits),
      verdict,
      reason,
    ]),
  ];
}
