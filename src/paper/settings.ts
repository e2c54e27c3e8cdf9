/**
 * What the paper says: the parameters of its experiments and the figures it prints, by table.
 *
 * Source: Zhang et al., "Compression Network with Transformer for Approximate Nearest Neighbor Search", section
 * Experiments. Recalls are percentages; seconds were taken with 32 threads (indexing) and 1 thread (search) of faiss 1.7.1.
 */

/** The two data sets of the paper, each 1,000,000 rows. */
export type PaperDataset = 'GIST1M' | 'Deep1M';

export const PAPER_ROWS = 1_000_000;
export const PAPER_DIM: Record<PaperDataset, number> = { GIST1M: 960, Deep1M: 256 };

/** HNSW as in "Speeding up indexing for graph-based methods"; k is 100 because 100@100 is reported. */
export const HNSW_SETTINGS = { M: 48, efConstruction: 512, k: 100 } as const;
export const EF_SEARCH: Record<PaperDataset, number> = { GIST1M: 100, Deep1M: 200 };

/** alpha and beta of Eq. 5. */
export const INRP_SETTINGS = { alpha: 2, beta: 0.01 } as const;

/** One HNSW row of Table 1. */
export interface Table1Row {
  readonly factor: number;
  readonly indexingSeconds: number;
  readonly queriesPerSecond: number;
  readonly recall1at1: number;
  readonly recall1at10: number;
  readonly recall100at100: number;
  /** Seconds to compress the 1,000,000 rows on an RTX 2080 Ti; absent without compression. */
  readonly compressingSeconds?: number;
}

/** Table 1, HNSW columns. */
export const TABLE_1_HNSW: Record<PaperDataset, readonly Table1Row[]> = {
  GIST1M: [
    row1(1, 733, 182, 97.4, 100, 94.39),
    row1(2, 454, 184, 97.7, 100, 94.55, 21.43),
    row1(4, 245, 186, 98, 100, 95.27, 10),
  ],
  Deep1M: [
    row1(1, 300, 861, 99.5, 100, 95.23),
    row1(2, 144, 870, 99.5, 100, 95.46, 5.15),
    row1(4, 100, 874, 99.8, 100, 95.6, 4.64),
  ],
};

function row1(
  factor: number,
  indexingSeconds: number,
  queriesPerSecond: number,
  recall1at1: number,
  recall1at10: number,
  recall100at100: number,
  compressingSeconds?: number,
): Table1Row {
  const row = { factor, indexingSeconds, queriesPerSecond, recall1at1, recall1at10, recall100at100 };
  return compressingSeconds === undefined ? row : { ...row, compressingSeconds };
}

/** Recalls 1@1, 1@5, 1@10 of one search. */
export type RecallTriple = readonly [at1: number, at5: number, at10: number];

/** The rows of Table 4 that are rebuilt here. */
export type Table4Method = 'SRP' | 'PCA' | 'CNT';

/** One row of Table 4: searches in the 4x compressed space. */
export interface Table4Row {
  readonly method: Table4Method;
  readonly hnsw: RecallTriple;
  readonly bruteForce: RecallTriple;
}

/** Table 4 at factor 4. */
export const TABLE_4: Record<PaperDataset, readonly Table4Row[]> = {
  GIST1M: [
    { method: 'SRP', hnsw: [24.9, 49.4, 60.7], bruteForce: [24.8, 49.7, 60.9] },
    { method: 'PCA', hnsw: [70.1, 92.5, 96.9], bruteForce: [70.2, 92.5, 97] },
    { method: 'CNT', hnsw: [80.1, 98.4, 99.8], bruteForce: [80.9, 98.3, 99.7] },
  ],
  Deep1M: [
    { method: 'SRP', hnsw: [17.3, 35.6, 44.4], bruteForce: [17.3, 35.6, 44.4] },
    { method: 'PCA', hnsw: [61.1, 90.7, 95.3], bruteForce: [61.2, 90.8, 95.3] },
    { method: 'CNT', hnsw: [67.3, 94.9, 98.9], bruteForce: [67.3, 94.9, 98.9] },
  ],
};
export const TABLE_4_FACTOR = 4;

/** The data set of the paper that stands beside vectors of this dimension; Deep1M where neither has it. */
export function paperDatasetFor(dim: number): PaperDataset {
  return dim === PAPER_DIM.GIST1M ? 'GIST1M' : 'Deep1M';
}
