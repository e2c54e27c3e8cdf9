import { HNSW_PROFILES } from '../../graph/hnsw/profile.ts';
import { SCALAR_RANGES } from '../../quantize/scalar/scalar-quantizer.ts';
import type { OptionTable } from '../arguments/options.ts';

/**
 * The options of `cnt build` that only some kinds of index take. Which ones, and with which defaults, their files say; `all.ts` adds
 * both to the texts.
 */
export const BUILD_OPTIONS = {
  'graph-base': {
    type: 'path',
    placeholder: 'C',
    text: 'build the graph on these vectors, the compressed base, and keep B for the search',
    whenAbsent: 'B',
  },
  walk: { type: 'path', placeholder: 'C', hidden: true, text: '--codes sq8 --codes-of C' },
  M: { type: 'integer', least: 2, text: 'links of a new point' },
  'ef-construction': { type: 'integer', least: 1, text: 'candidates for the links of a new point' },
  R: { type: 'integer', least: 1, text: 'links of a point at most' },
  L: { type: 'integer', least: 1, text: "candidates kept in the search for a point's neighbors" },
  C: { type: 'integer', least: 1, text: 'candidates that the choice of links looks at' },
  GK: {
    type: 'integer',
    least: 1,
    text: 'neighbors of a point in the k-NN graph that it begins with, exact for few rows, else by NN-descent',
    whenAbsent: '200',
  },
  bytes: { type: 'integer', least: 1, text: 'bytes of a code' },
  nlist: { type: 'integer', least: 1, text: 'inverted lists' },
  opq: { type: 'flag', text: 'learn a rotation first' },
  range: {
    type: 'choice',
    choices: SCALAR_RANGES,
    text: 'one range for each dimension, or one for all, compared in whole numbers',
  },
  'keep-vectors': {
    type: 'flag',
    text: 'keep B beside the codes, or, with --model, beside any index, for search --rerank',
  },
  profile: {
    type: 'choice',
    choices: HNSW_PROFILES,
    text: 'the published algorithm, or exactly what a library does, its weakness too: where half of all rows are one vector, hnsw of faiss reaches a third of the points, of hnswlib a hundredth, canonical all; hnswlib for hnsw and hnsw-sq8; batch for hnsw, as canonical but inserted in batches, which --threads can share',
  },
  resume: { type: 'flag', text: 'continue from I.checkpoint, bit for bit; without one begin anew' },
} as const satisfies OptionTable;

export type BuildOption = keyof typeof BUILD_OPTIONS;

export const DEFAULT_EF = 100;
export const DEFAULT_NPROBE = 8;

/** The same of `cnt search`. */
export const SEARCH_OPTIONS = {
  ef: {
    type: 'integer',
    least: 1,
    text: 'candidates kept during a search, at least k; more find more and take longer',
    whenAbsent: `${DEFAULT_EF}, or k or --rerank where that is more`,
  },
  nprobe: {
    type: 'integer',
    least: 1,
    text: 'lists visited for each query; more find more and take longer',
    whenAbsent: `${DEFAULT_NPROBE}, or all where there are fewer`,
  },
  rerank: {
    type: 'integer',
    least: 1,
    text: 'rank this many, at least k, anew by full vectors, which build kept (--keep-vectors, or --index hnsw --codes sq8); of a graph, the nearest of ef',
    whenAbsent: 'the order of what is searched; of a graph, no walk over compressed vectors',
  },
  model: {
    type: 'path',
    placeholder: 'M',
    text: 'compresses the queries for --rerank, where the index does not hold its model',
  },
} as const satisfies OptionTable;

export type SearchOption = keyof typeof SEARCH_OPTIONS;
