/**
 * The settings of the paper's experiments.
 *
 * Source: Zhang et al., "Compression Network with Transformer for Approximate Nearest Neighbor Search", section Experiments.
 */

import type { NeighborGraph } from '../../index/graph/nsg-archive.ts';

/** The two data sets of the paper, each 1,000,000 rows. */
export type PaperDataset = 'GIST1M' | 'Deep1M';

export const PAPER_ROWS = 1_000_000;
export const PAPER_DIM: Record<PaperDataset, number> = { GIST1M: 960, Deep1M: 256 };

/** The data set of the paper that stands beside vectors of this dimension; Deep1M where neither has it. */
export function paperDatasetFor(dim: number): PaperDataset {
  return dim === PAPER_DIM.GIST1M ? 'GIST1M' : 'Deep1M';
}

/** Factor of compression of Tables 2, 3 and 4 and of the ablations; Table 1 has 2 and 4. */
export const COMPRESSION_FACTOR = 4;

/** HNSW as in "Speeding up indexing for graph-based methods"; k is 100 because 100@100 is reported. */
export const HNSW_SETTINGS = { M: 48, efConstruction: 512, k: 100 } as const;
export const EF_SEARCH: Record<PaperDataset, number> = { GIST1M: 100, Deep1M: 200 };

/** Not in the paper: numbers of candidates kept, from fast to thorough, to find the ten nearest. */
export const EF_SWEEP = { efs: [10, 20, 40, 80, 160, 320], k: 10 } as const;

/** NSG as in the same section. */
export const NSG_SETTINGS = { R: 60, L: 70, C: 500 } as const;
/** NN-descent: K is the paper's GK. Departs: L is 400 and 200 in the paper, which faiss raises to K + 50. */
export const NN_DESCENT_SETTINGS = {
  GIST1M: { K: 400, L: 450, iter: 12, S: 15, R: 100 },
  Deep1M: { K: 200, L: 250, iter: 10, S: 12, R: 100 },
} as const satisfies Record<PaperDataset, object>;
/** Fewer neighbors where there are few rows: no more than this share of them. */
const NN_DESCENT_SHARE = 1 / 50;
const LEAST_NEIGHBORS = 20;

/** The paper's NN-descent for so many rows. */
export function neighborGraphFor(paper: PaperDataset, rows: number): NeighborGraph {
  const { K: most, L, ...others } = NN_DESCENT_SETTINGS[paper];
  const K = Math.min(most, Math.max(LEAST_NEIGHBORS, Math.floor(rows * NN_DESCENT_SHARE)));
  return { method: 'nn-descent', K, L: L - most + K, ...others };
}

/** alpha and beta of Eq. 5. */
export const INRP_SETTINGS = { alpha: 2, beta: 0.01 } as const;

/** Weight of the divergence of the VAE, which the paper does not give: the best of 1, 0.1 and 0.01. */
export const VAE_SETTINGS = { klWeight: 0.01 } as const;

/** Weight of KoLeo, which the paper does not give: as in the article and code of Catalyst. */
export const CATALYST_SETTINGS = { koleoWeight: 0.05 } as const;

/** "For PQ experiments, we adopt IVFADC (nlist=8)". nprobe is not stated: all lists, so that the figures are those of the code. */
export const IVFADC_SETTINGS = { nlist: 8, nprobe: 8, sweep: [1, 2, 4, 8], k: 100 } as const;
/** "M of coder is set to 8": the bytes of the regression code. ef is not stated: the largest of its authors' own. */
export const LINK_AND_CODE_SETTINGS = { nsq: 8, ef: 1024, sweep: [128, 256, 512, 1024], k: 100 } as const;
