import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { Random } from '../../tensor/random/random.ts';
import { rowOf, type Vectors } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import type { SearchResult } from './search-result.ts';

/** Any index: of its eight kinds, or a `PipelineIndex`. @typeParam O options of its search */
export interface ProbedIndex<O> {
  readonly rows: number;
  search(queries: Matrix, k: number, options?: O): Promise<SearchResult>;
}

export interface ProbeOptions<O> {
  /** Rows that are searched for; 200 if not given, and all where there are fewer. */
  readonly probes?: number;
  /** Answers among which a row must be; 10 if not given. */
  readonly k?: number;
  /** Decides the rows; 1 if not given. */
  readonly seed?: number | string;
  /** How they are searched for; the defaults of the index if not given. */
  readonly search?: O;
}

export interface Probe {
  readonly probes: number;
  readonly k: number;
  /** The rows that found neither themselves nor a copy of themselves, ascending. */
  readonly missed: Int32Array;
}

/**
 * Searches for some rows of an index itself. A graph that does not find them, though links lead to every point, has groups of points
 * that a search with such options does not get to: more `ef` does. Of codes, the rows that it does not find are those for which
 * others look nearer.
 *
 * @param base the vectors that the index was built over, before any model
 * @throws {RangeError} if there are other rows than the index has, or an option is out of its range
 *
 * @example
 * ```ts
 * import { generateManifold, NsgIndex, probeIndex } from 'cnt-ann';
 *
 * const { base } = generateManifold({ rows: 1000, queries: 0, dim: 16, seed: 1 });
 * const index = await NsgIndex.build({ base });
 * const { probes, missed } = await probeIndex(index, base, { search: { ef: 50 } });
 * console.log(probes, missed.length); // 200 0
 * ```
 *
 * @category Index and search
 */
export async function probeIndex<O>(
  index: ProbedIndex<O>,
  base: Vectors,
  { probes: asked = 200, k = 10, seed = 1, search }: ProbeOptions<O> = {},
): Promise<Probe> {
  const where = 'probeIndex';
  requireWhole(where, 'probes', asked, 1);
  requireWhole(where, 'k', k, 1);
  if (base.rows !== index.rows) {
    throw new RangeError(`${where}: expected the ${index.rows} rows of the index, got ${base.rows}.`);
  }
  const rows = new Random(seed, 'probe').permutation(base.rows).slice(0, asked).sort();
  const queries = createMatrix(rows.length, base.cols);
  rows.forEach((row, i) => {
    queries.data.set(rowOf(base, row).data, i * base.cols);
  });
  const { ids } = await index.search(queries, k, search);
  const isFound = (row: number, i: number): boolean => {
    const answers = ids.data.subarray(i * k, (i + 1) * k);
    return answers.includes(row) || answers.some((id) => id >= 0 && sameRow(base, id, row));
  };
  return { probes: rows.length, k, missed: rows.filter((row, i) => !isFound(row, i)) };
}

function sameRow(vectors: Vectors, a: number, b: number): boolean {
  const other = rowOf(vectors, b).data;
  return rowOf(vectors, a).data.every((value, i) => value === other[i]);
}
