/** A table of strings: the first row is the header; every row has the same length. */
export type Table = readonly (readonly string[])[];

/** A column holds figures, which are aligned to the right, when every cell below the header starts like a number or is empty. */
export function isNumericColumn(table: Table, column: number): boolean {
  return table.slice(1).every((row) => /^([-+]?[\d.]|$|–)/.test(row[column]!));
}

function numericColumns(table: Table): boolean[] {
  return table[0]!.map((_, column) => isNumericColumn(table, column));
}

/** @throws {RangeError} if there is no header or a row has another length */
export function requireRectangle(table: Table): void {
  const width = table[0]?.length ?? 0;
  if (width === 0) throw new RangeError('table: expected a header row with at least one column, got none.');
  for (const [index, row] of table.entries()) {
    if (row.length !== width)
      throw new RangeError(`table: expected ${width} cells in row ${index}, got ${row.length}.`);
  }
}

/** Columns padded to equal width, for a terminal. */
export function textTable(table: Table): string {
  requireRectangle(table);
  const right = numericColumns(table);
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(table[0]!), rule, ...table.slice(1).map(line)].join('\n');
}

/** The same as a GitHub-flavored Markdown table. */
export function markdownTable(table: Table): string {
  requireRectangle(table);
  const right = numericColumns(table);
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${right.map((numeric) => (numeric ? '---:' : '---')).join('|')}|`;
  return [line(table[0]!), rule, ...table.slice(1).map(line)].join('\n');
}
