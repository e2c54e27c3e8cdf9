import type { BackendChoice } from '../../../kernels/backend.ts';
import { generateManifold } from '../../data/manifold.ts';
import { requireGroundTruth } from '../../eval/ground-truth.ts';
import { findDataset, readGroundtruth } from '../../io/dataset.ts';
import { digestMatrix } from '../../io/digest.ts';
import { readVectors } from '../../io/vectors.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import { HNSW_SETTINGS, PAPER_ROWS, type PaperDataset, paperDatasetFor } from '../printed/settings.ts';

/** Vectors, queries and their true neighbors. */
export interface ExperimentData {
  readonly name: string;
  readonly base: Matrix;
  readonly query: Matrix;
  /** (queries, HNSW_SETTINGS.k) ids of the true nearest base rows in full dimension, nearest first. */
  readonly truth: Ids;
  readonly digest: string;
  /** The data set of the paper whose figures stand beside ours. */
  readonly comparedWith: PaperDataset;
  /** Why figures may differ from the paper's: "50,000 rows of gist, not 1,000,000 of GIST1M". */
  readonly caption: string;
}

/** The generated data of the demo scale: small enough for minutes, hard enough that compression costs recall. */
export const DEMO = { rows: 5_000, queries: 500, dim: 128 } as const;

function describe(rows: string, dim: number): Pick<ExperimentData, 'comparedWith' | 'caption'> {
  const comparedWith = paperDatasetFor(dim);
  return { comparedWith, caption: `${rows}, not ${PAPER_ROWS.toLocaleString('en')} of ${comparedWith}` };
}

/** The demo's data: seeded, the same everywhere. */
export function generatedData(seed: number, backend: BackendChoice): ExperimentData {
  const { base, query } = generateManifold({ ...DEMO, seed });
  const truth = nearest(base, query, HNSW_SETTINGS.k, { backend }).ids;
  const digest = `${digestMatrix(base)} ${digestMatrix(query)}`;
  const described = describe(`${DEMO.rows.toLocaleString('en')} generated rows`, DEMO.dim);
  return { name: 'generated data', base, query, truth, digest, ...described };
}

/**
 * The data set in a folder; the truth is computed where none fits the rows in use.
 *
 * @param rows `limit` of them, or as many as there are up to `most`
 * @throws {RangeError} if a truth in the folder is not that of these vectors, by a few queries
 * @throws {RangeError} if these are fewer than `rows.least`, before any is read, or fewer than the neighbors
 */
export async function readData(
  folder: string,
  rows: { readonly limit: number | undefined; readonly most: number | undefined; readonly least?: number },
  backend: BackendChoice,
  onProgress: (done: number, total: number) => void,
): Promise<ExperimentData> {
  const found = await findDataset(folder);
  const { least = 1 } = rows;
  const count = Math.min(rows.limit ?? rows.most ?? found.baseRows, found.baseRows);
  if (count < least) {
    throw new RangeError(`${folder}: expected at least ${least} base rows, to train networks on, got ${count}.`);
  }
  const base = await readVectors(found.base, {
    limit: rows.limit ?? Math.min(rows.most ?? found.baseRows, found.baseRows),
  });
  const k = HNSW_SETTINGS.k;
  if (base.rows < k) {
    throw new RangeError(`${folder}: expected at least ${k} base rows, for as many neighbors, got ${base.rows}.`);
  }
  const query = await readVectors(found.query);
  const table = await readGroundtruth(found, base.rows);
  if (table !== undefined && table.cols < k) {
    throw new RangeError(`${folder}: expected at least ${k} true neighbors a query, got ${table.cols}.`);
  }
  if (table !== undefined) {
    requireGroundTruth(base, query, table, found.groundtruthFor(base.rows)!, backend);
  }
  const truth = table ? firstColumns(table, k) : nearest(base, query, k, { backend, onProgress }).ids;
  const digest = `${digestMatrix(base)} ${digestMatrix(query)}`;
  const described = describe(`${base.rows.toLocaleString('en')} rows of ${found.name}`, base.cols);
  return { name: found.name, base, query, truth, digest, ...described };
}

function firstColumns(table: Ids, cols: number): Ids {
  const { rows } = table;
  const data = new Int32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    data.set(table.data.subarray(row * table.cols, row * table.cols + cols), row * cols);
  }
  return { rows, cols, data };
}
