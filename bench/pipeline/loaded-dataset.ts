import { requireGroundTruth } from '../../src/eval/ground-truth.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';

export interface LoadedDataset {
  readonly name: string;
  readonly base: Matrix;
  readonly queries: Matrix;
}

/** @param limit rows of the base and, if given, queries; all where it is '' */
export async function loadDataset(folder: string, limit: string, queryLimit = ''): Promise<LoadedDataset> {
  const { name, base, query } = await findDataset(folder);
  const first = (text: string) => (text ? { limit: Number(text) } : {});
  return { name, base: await readVectors(base, first(limit)), queries: await readVectors(query, first(queryLimit)) };
}

/** The true neighbors as the folder has them, or else the `k` nearest, computed. */
export async function truthOf(folder: string, { base, queries }: LoadedDataset, k: number): Promise<Ids> {
  const given = await readGroundtruth(await findDataset(folder), base.rows);
  if (given) requireGroundTruth(base, queries, given, folder);
  return given ?? (await new FlatIndex(base).search(queries, Math.min(k, base.rows))).ids;
}
