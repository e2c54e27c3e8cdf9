import { type Computing, computingOf } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import type { KMeansProfile } from '../../quantize/k-means/k-means.ts';
import { trainRotation } from '../../quantize/product/opq.ts';
import { unpackCodes } from '../../quantize/product/packed-codes.ts';
import { ProductCodeSet } from '../../quantize/product/product-code-set.ts';
import { type ProductQuantizer, requireParts } from '../../quantize/product/product-quantizer.ts';
import { rotateRows } from '../../quantize/product/rotation.ts';
import { trainProduct } from '../../quantize/product/train-product.ts';
import { NeighborBasis } from '../../quantize/regression/neighbor-basis.ts';
import {
  MOST_WORDS,
  type RegressionCodebook,
  requireRegression,
} from '../../quantize/regression/regression-codebook.ts';
import { trainRegression } from '../../quantize/regression/train-regression.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { requireBase } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { representatives } from '../graph/copies.ts';
import type { SavedGraph } from '../graph/graph-archive.ts';
import { buildGraph } from '../graph/graph-building.ts';

export type LinkAndCodeStep = 'rotation' | 'training' | 'encoding' | 'graph' | 'regression' | 'refinement';

/** Links and candidates as its authors have them. */
export const LINK_AND_CODE_LINKS = { M: 32, efConstruction: 200 } as const;

/** Bytes of regression weights a vector, where they divide its dimensions. */
export const WEIGHT_BYTES = 8;

export interface LinkAndCodeOptions extends Computing {
  readonly base: Matrix;
  /** Parts of a vector in its product code: its bytes, with 8 bits a part. */
  readonly m: number;
  /** Bits of a part's code, from 1 to 8; 8 if not given. */
  readonly bits?: number;
  /** Rotate the vectors first so that their parts lose less (OPQ); true if not given. */
  readonly opq?: boolean;
  /**
   * Dimensions after the rotation, divisible by m and nsq; 4m if not given, or where the vectors have fewer, their largest multiple of m:
   * 96 for 32 parts of 100.
   */
  readonly codeDim?: number;
  /** Rounds of learning the rotation; 50 if not given. */
  readonly rotationRounds?: number;
  /** Links of a point at level 0; 6 if not given. */
  readonly baseLinks?: number;
  /** Links of a point above; 32 if not given. */
  readonly M?: number;
  /** Candidates found for a new point; 200 if not given. */
  readonly efConstruction?: number;
  /** Rules of graph and k-means; `canonical` if not given. */
  readonly profile?: KMeansProfile;
  /**
   * Parts of a vector with regression weights of their own, one byte each; if not given the most, up to 8, that divide the dimensions
   * after the rotation.
   */
  readonly nsq?: number;
  /** Weight vectors that a part can choose from, to 256; 256 if not given. */
  readonly words?: number;
  /** Rounds of learning the weights; 10 if not given. */
  readonly regressionRounds?: number;
  /** 1 if not given. */
  readonly seed?: number | string;
  readonly onProgress?: (step: LinkAndCodeStep, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const LINK_AND_CODE_OPTIONS = [
  'base',
  'm',
  'bits',
  'opq',
  'codeDim',
  'rotationRounds',
  'baseLinks',
  'M',
  'efConstruction',
  'profile',
  'nsq',
  'words',
  'regressionRounds',
  'seed',
  'backend',
  'threads',
  'onProgress',
  'signal',
] as const;

/** All that an index consists of. */
export interface LinkedCodes extends SavedGraph {
  /** (codeDim, dim), applied to rows and queries before all else. */
  readonly rotation: Matrix | undefined;
  readonly quantizer: ProductQuantizer;
  /** (rows, codeBytes). */
  readonly packed: Uint8Array;
  readonly regression: RegressionCodebook;
  /** (rows, nsq). */
  readonly regressionCodes: Uint8Array;
}

export interface BuiltLinkedCodes extends LinkedCodes {
  /** Work of building the graph. */
  readonly counts: Counts;
  /** Mean squared error of a learned row, round after round. */
  readonly objectives: Float64Array;
}

const WHERE = 'LinkAndCodeIndex.build';

/**
 * The steps: rotation, product codes, graph over the codes, links in order of their length, regression weights.
 *
 * Source: Douze, Sablayrolles & Jégou 2018; numbers and order of steps as in faiss `benchs/link_and_code`.
 * Departs: does not rotate to more dimensions unless told to. The authors' 4m at 32 bytes made 128 of 64 dimensions lose 3.6 times as
 * much by their product codes, and find the nearest first in 57.9 % instead of 61.0 % (5,000 rows of deep-like, PCA).
 */
export async function buildLinkedCodes(options: LinkAndCodeOptions): Promise<BuiltLinkedCodes> {
  requireOptions(WHERE, options, LINK_AND_CODE_OPTIONS);
  const { base, m, bits = 8, words = MOST_WORDS, opq = true } = options;
  requireBase(base, WHERE);
  const { profile = 'canonical', seed = 1, signal, rotationRounds, regressionRounds } = options;
  const codeDim = opq ? (options.codeDim ?? rotatedDim(base.cols, m)) : base.cols;
  const nsq = options.nsq ?? mostPartsOf(codeDim);
  requireChoices(options, codeDim, bits, nsq, words);
  const progress = (step: LinkAndCodeStep) => (done: number, total: number) => options.onProgress?.(step, done, total);
  const shared = { seed, ...computingOf(options), ...(signal ? { signal } : {}) };
  const training = { ...shared, m, bits, profile };

  const rounds = rotationRounds === undefined ? {} : { rounds: rotationRounds };
  const rotation = opq
    ? await trainRotation(base, { ...training, ...rounds, dOut: codeDim, onProgress: progress('rotation') })
    : undefined;
  const coded = rotation ? rotateRows(base, rotation, computingOf(options)) : base;
  const quantizer = await trainProduct(coded, { ...training, onProgress: progress('training') });
  const packed = quantizer.encode(coded, { ...computingOf(options), onProgress: progress('encoding') });
  const numbers = unpackCodes(packed, base.rows, m, bits);

  const linked = await linkCodes(options, coded, quantizer, numbers, progress('graph'));
  const basis = neighborBasis(quantizer, numbers, linked);
  const { codebook: regression, objectives } = await trainRegression(coded, basis, {
    ...shared,
    nsq,
    words,
    onProgress: progress('regression'),
    ...(regressionRounds === undefined ? {} : { rounds: regressionRounds }),
  });
  const encoding = { onProgress: progress('refinement'), ...(signal ? { signal } : {}) };
  const regressionCodes = await regression.encode(coded, basis, encoding);
  return { ...linked, rotation, quantizer, packed, regression, regressionCodes, objectives };
}

/** What each row may be a sum of: rows with equal codes have the neighbors of the one that is in the graph. */
export function neighborBasis(
  quantizer: ProductQuantizer,
  numbers: Uint8Array,
  { graph, representatives }: SavedGraph,
): NeighborBasis {
  const { links, capacity } = graph.base;
  if (!representatives) return new NeighborBasis(quantizer, numbers, links, capacity);
  const all = new Int32Array(links.length);
  for (const [row, first] of representatives.entries()) {
    all.set(links.subarray(first * capacity, (first + 1) * capacity), row * capacity);
  }
  return new NeighborBasis(quantizer, numbers, all, capacity);
}

/** A source that takes any neighbor list and one point more a call. */
export function batchOf(M: number, baseLinks: number): number {
  return Math.max(256, M + 1, baseLinks + 1);
}

/** The graph: candidates are measured from the vector itself to codes, links between codes. */
async function linkCodes(
  options: LinkAndCodeOptions,
  coded: Matrix,
  quantizer: ProductQuantizer,
  numbers: Uint8Array,
  onProgress: (done: number, total: number) => void,
): Promise<SavedGraph & { readonly counts: Counts }> {
  const { M = LINK_AND_CODE_LINKS.M, baseLinks = 6, efConstruction = LINK_AND_CODE_LINKS.efConstruction } = options;
  const { profile = 'canonical', seed = 1, backend = 'auto' } = options;
  const source = new ProductCodeSet(quantizer, numbers, { backend, batch: batchOf(M, baseLinks), originals: coded });
  const signal = options.signal ? { signal: options.signal } : {};
  const hnsw = { M, baseLinks, efConstruction, profile, seed, onProgress, ...signal };
  const findCopies = () => representatives(createMatrix(coded.rows, quantizer.m, Float32Array.from(numbers)));
  const { saved } = await buildGraph(source, hnsw, coded.cols, findCopies);
  orderLinks(saved.graph, source);
  return { ...saved, counts: { ...source.counts } };
}

/** Sorts each list of level 0 by the distance between the codes, nearest first: a weight belongs to a place in the list. */
function orderLinks(graph: LayeredGraph, source: DistanceSource): void {
  const { base } = graph;
  const { ids, distances } = source;
  for (let node = 0; node < graph.size; node++) {
    const list = base.list(node);
    ids.set(list);
    source.measureFrom(node, list.length);
    const places = Array.from(list.keys());
    places.sort((a, b) => distances[a]! - distances[b]! || ids[a]! - ids[b]!);
    for (const [place, from] of places.entries()) list[place] = ids[from]!;
  }
}

/** The dimensions that m parts of at most 4 leave of so many. */
function rotatedDim(cols: number, m: number): number {
  requireWhole(WHERE, 'm', m, 1);
  if (m > cols) throw new RangeError(`${WHERE}: expected m of at most the ${cols} columns, got ${m}.`);
  return m * Math.min(4, Math.floor(cols / m));
}

/** The authors' 8 bytes of weights, or the most below that split the dimensions into equal parts. */
function mostPartsOf(dim: number): number {
  let nsq = WEIGHT_BYTES;
  while (nsq > 1 && dim % nsq !== 0) nsq--;
  return nsq;
}

function requireChoices(options: LinkAndCodeOptions, codeDim: number, bits: number, nsq: number, words: number): void {
  const { base, m, opq = true, profile = 'canonical', baseLinks = 6 } = options;
  if (!opq && options.codeDim !== undefined && options.codeDim !== base.cols) {
    throw new RangeError(`${WHERE}: expected codeDim ${base.cols} without rotation, got ${options.codeDim}.`);
  }
  if (profile !== 'canonical' && profile !== 'faiss') {
    throw new RangeError(`${WHERE}: expected profile canonical or faiss, got ${profile}.`);
  }
  requireParts(WHERE, codeDim, m, bits);
  requireRegression(WHERE, codeDim, nsq, words);
  if (!Number.isSafeInteger(baseLinks) || baseLinks < 1) {
    throw new RangeError(`${WHERE}: expected baseLinks to be a whole number from 1, got ${baseLinks}.`);
  }
  const least = Math.max(words, 2 ** bits);
  if (base.rows < least) throw new RangeError(`${WHERE}: expected at least ${least} rows, got ${base.rows}.`);
}
