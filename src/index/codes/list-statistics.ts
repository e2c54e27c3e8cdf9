/** What the inverted lists of an index look like. */
export interface ListStatistics {
  readonly nlist: number;
  /** Rows of each list. */
  readonly sizes: readonly number[];
  /** nlist · Σ size² / rows²: 1 where all lists are equally long; the work of a probe grows with it. */
  readonly imbalance: number;
}

/** @param starts (nlist + 1): where each list begins, and where the last ends */
export function listStatistics(starts: Int32Array): ListStatistics {
  const nlist = starts.length - 1;
  const rows = starts[nlist]!;
  const sizes = Array.from({ length: nlist }, (_, list) => starts[list + 1]! - starts[list]!);
  const imbalance = (nlist * sizes.reduce((sum, size) => sum + size * size, 0)) / (rows * rows);
  return { nlist, sizes, imbalance };
}

/** @throws {RangeError} unless the lists follow each other and hold all rows */
export function requireStarts(starts: Int32Array, rows: number): void {
  const where = 'IVFADC index';
  for (let list = 0; list + 1 < starts.length; list++) {
    const [begin, end] = [starts[list]!, starts[list + 1]!];
    if ((list > 0 || begin === 0) && end >= begin && end <= rows) continue;
    throw new RangeError(
      `${where}: expected list ${list} to begin and end within ${rows} rows, got ${begin} to ${end}.`,
    );
  }
  const last = starts.at(-1)!;
  if (last !== rows) throw new RangeError(`${where}: expected the lists to hold ${rows} rows, got ${last}.`);
}
