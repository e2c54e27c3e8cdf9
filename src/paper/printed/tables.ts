/**
 * The figures that the paper prints, by table.
 *
 * Source: Zhang et al., "Compression Network with Transformer for Approximate Nearest Neighbor Search", section
 * Experiments. Recalls are percentages; seconds were taken with 32 threads (indexing) and 1 thread (search) of faiss 1.7.1.
 */

import type { PaperDataset } from './settings.ts';

/** One row of Table 1, of either graph. */
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

/** Table 1, NSG columns; the seconds of compressing stand with HNSW. */
export const TABLE_1_NSG: Record<PaperDataset, readonly Table1Row[]> = {
  GIST1M: [
    row1(1, 1118, 179, 97.4, 100, 93.97),
    row1(2, 778, 180, 98, 99.9, 94.16),
    row1(4, 645, 182, 98.3, 100, 94.85),
  ],
  Deep1M: [
    row1(1, 505, 820, 99.7, 100, 94.53),
    row1(2, 246, 822, 99.6, 100, 94.69),
    row1(4, 209, 842, 99.6, 100, 94.92),
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

/** What Table 2 quantizes: the vectors themselves, or compressed by a method. */
export type Table2Method = 'none' | 'cnt' | 'catalyst';

/** One row of Table 2. */
export interface Table2Row {
  readonly bytes: number;
  readonly method: Table2Method;
  readonly codec: 'PQ' | 'L&C';
  readonly queriesPerSecond: number;
  readonly recall1at1: number;
  readonly recall1at5: number;
  readonly recall1at50: number;
}

/** Table 2. */
export const TABLE_2: Record<PaperDataset, readonly Table2Row[]> = {
  GIST1M: [
    row2(60, 'none', 'PQ', 115, 23, 45.2, 79.7),
    row2(60, 'cnt', 'PQ', 117, 39.5, 72.8, 97.3),
    row2(60, 'none', 'L&C', 1536, 31.4, 48.9, 54.2),
    row2(60, 'cnt', 'L&C', 1527, 30.7, 50.2, 55.1),
    row2(30, 'none', 'PQ', 246, 15.2, 31, 62.4),
    row2(30, 'cnt', 'PQ', 251, 20.9, 43.4, 79.7),
    row2(30, 'none', 'L&C', 2000, 23.6, 43, 53.9),
    row2(30, 'cnt', 'L&C', 1992, 23.9, 43.9, 54.3),
  ],
  Deep1M: [
    row2(32, 'none', 'PQ', 236, 32.3, 67.5, 95.9),
    row2(32, 'cnt', 'PQ', 240, 53.3, 88.5, 100),
    row2(32, 'none', 'L&C', 2000, 47.9, 72.3, 76.4),
    row2(32, 'cnt', 'L&C', 2020, 48.7, 74.1, 78.3),
    row2(16, 'none', 'PQ', 520, 16.8, 38.6, 73.6),
    row2(16, 'catalyst', 'PQ', 545, 19.8, 47.9, 82.5),
    row2(16, 'cnt', 'PQ', 537, 32.5, 65.6, 94.4),
    row2(16, 'none', 'L&C', 2677, 28.8, 55.6, 71.6),
    row2(16, 'cnt', 'L&C', 2676, 29.2, 56.9, 73.7),
  ],
};

function row2(
  bytes: number,
  method: Table2Method,
  codec: 'PQ' | 'L&C',
  queriesPerSecond: number,
  recall1at1: number,
  recall1at5: number,
  recall1at50: number,
): Table2Row {
  return { bytes, method, codec, queriesPerSecond, recall1at1, recall1at5, recall1at50 };
}

/** One row of Table 3. */
export interface Table3Row {
  readonly method: 'none' | 'cnt';
  readonly scalar: boolean;
  readonly indexingSeconds: number;
  readonly recall1at1: number;
  readonly recall1at10: number;
  readonly recall100at100: number;
}

/** Table 3 at factor 4. */
export const TABLE_3: Record<PaperDataset, readonly Table3Row[]> = {
  GIST1M: [
    row3('none', false, 733, 97.4, 100, 94.39),
    row3('none', true, 503, 97.3, 100, 94.37),
    row3('cnt', false, 245, 98, 100, 95.27),
    row3('cnt', true, 121, 97, 100, 91.42),
  ],
  Deep1M: [
    row3('none', false, 300, 99.5, 100, 95.23),
    row3('none', true, 148, 99.7, 100, 95.19),
    row3('cnt', false, 100, 99.8, 100, 95.6),
    row3('cnt', true, 74, 99.8, 100, 95.55),
  ],
};
function row3(
  method: 'none' | 'cnt',
  scalar: boolean,
  indexingSeconds: number,
  recall1at1: number,
  recall1at10: number,
  recall100at100: number,
): Table3Row {
  return { method, scalar, indexingSeconds, recall1at1, recall1at10, recall100at100 };
}

/** Recalls 1@1, 1@5, 1@10 of one search. */
export type RecallTriple = readonly [at1: number, at5: number, at10: number];

/** The rows of Table 4. */
export type Table4Method = 'srp' | 'pca' | 'vae' | 'cnt';

/** One row of Table 4: searches in the 4x compressed space. */
export interface Table4Row {
  readonly method: Table4Method;
  readonly hnsw: RecallTriple;
  readonly bruteForce: RecallTriple;
}

/** Table 4 at factor 4. */
export const TABLE_4: Record<PaperDataset, readonly Table4Row[]> = {
  GIST1M: [
    { method: 'srp', hnsw: [24.9, 49.4, 60.7], bruteForce: [24.8, 49.7, 60.9] },
    { method: 'pca', hnsw: [70.1, 92.5, 96.9], bruteForce: [70.2, 92.5, 97] },
    { method: 'vae', hnsw: [49.2, 77, 86], bruteForce: [49.3, 76.8, 85.8] },
    { method: 'cnt', hnsw: [80.1, 98.4, 99.8], bruteForce: [80.9, 98.3, 99.7] },
  ],
  Deep1M: [
    { method: 'srp', hnsw: [17.3, 35.6, 44.4], bruteForce: [17.3, 35.6, 44.4] },
    { method: 'pca', hnsw: [61.1, 90.7, 95.3], bruteForce: [61.2, 90.8, 95.3] },
    { method: 'vae', hnsw: [50, 81.9, 90.2], bruteForce: [50, 81.9, 90.2] },
    { method: 'cnt', hnsw: [67.3, 94.9, 98.9], bruteForce: [67.3, 94.9, 98.9] },
  ],
};
