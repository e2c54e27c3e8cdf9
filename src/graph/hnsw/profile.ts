import { canonicalLevels, faissLevels, faissOrder, hnswlibLevels } from './levels.ts';

export const HNSW_PROFILES = ['canonical', 'faiss', 'hnswlib', 'batch'] as const;
export type HnswProfileName = (typeof HNSW_PROFILES)[number];

/** The choices in which HNSW's paper and the two libraries differ; `hnswProfiles` says which is whose. */
export interface HnswProfile {
  /** Top level of each point. */
  readonly levels: (rows: number, M: number, seed: number | string) => Int32Array;
  /** The order of insertion; every point once. */
  readonly order: (levels: Int32Array) => Int32Array;
  /** How many neighbors a new point chooses at level 0 (above, M). */
  readonly linksAtBase: (M: number) => number;
  /** Where the search of the next lower level starts: all points found, the nearest found, or where the greedy descent ended. */
  readonly nextEntries: 'all' | 'nearest' | 'descent';
  /** Fewer candidates than allowed links are all kept, without the occlusion rule. */
  readonly keepsShortLists: boolean;
  /** Chosen neighbors are stored from the farthest to the nearest. */
  readonly farthestFirst: boolean;
  /** efConstruction is raised to M where it is smaller. */
  readonly raisesEf: boolean;
  /** Identical vectors become one point of the graph, which stands for all their ids. */
  readonly collapsesCopies: boolean;
  /** Points are inserted in batches, which several threads share; otherwise one after the other. */
  readonly insertsBatches: boolean;
}

const given = (levels: Int32Array): Int32Array => Int32Array.from(levels, (_, row) => row);

const canonical: HnswProfile = {
  levels: canonicalLevels,
  order: given,
  linksAtBase: (M) => M,
  nextEntries: 'all',
  keepsShortLists: false,
  farthestFirst: false,
  raisesEf: false,
  collapsesCopies: true,
  insertsBatches: false,
};

/**
 * - `canonical`: the paper. Always prunes, as Algorithm 4 does. Departs: levels are drawn for each row apart, and identical vectors
 *   are inserted once, because copies never rule each other out: 2M of them would link to themselves alone.
 * - `faiss`: the graph of faiss 1.7.3, one thread, one `add`, list for list. Identical vectors, which it inserts as they come, link to
 *   themselves alone: where half of all rows are one vector, 36 % of the points can be reached (5,000 x 32, M = 16).
 * - `hnswlib`: the graph of hnswlib 0.6.2, one thread, seed 100, list for list. The same: 0.7 % of the points.
 * - `batch`: as `canonical`, but inserted in batches (`batches.ts`): another graph, that several threads can build, and as good for every
 *   order of rows that was tried (bench/pipeline/row-order.ts).
 */
export const hnswProfiles: Readonly<Record<HnswProfileName, HnswProfile>> = {
  canonical,
  faiss: {
    levels: faissLevels,
    order: faissOrder,
    linksAtBase: (M) => 2 * M,
    nextEntries: 'descent',
    keepsShortLists: true,
    farthestFirst: true,
    raisesEf: false,
    collapsesCopies: false,
    insertsBatches: false,
  },
  hnswlib: {
    levels: hnswlibLevels,
    order: given,
    linksAtBase: (M) => M,
    nextEntries: 'nearest',
    keepsShortLists: true,
    farthestFirst: true,
    raisesEf: true,
    collapsesCopies: false,
    insertsBatches: false,
  },
  batch: { ...canonical, insertsBatches: true },
};
