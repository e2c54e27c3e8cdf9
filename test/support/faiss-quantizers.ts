import { readFileSync } from 'node:fs';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';

interface Found {
  readonly ids: number[];
  readonly distances: number[];
}

/** What faiss 1.7.3 made of small whole numbers; bench/peers/library-quantize.py wrote it. */
export interface FaissQuantizers {
  readonly kMeans: {
    readonly rows: number;
    readonly dim: number;
    readonly seed: number;
    readonly k: number;
    readonly centroids: number[];
    readonly objectives: number[];
  };
  readonly split: {
    readonly distinct: number;
    readonly rows: number;
    readonly dim: number;
    readonly seed: number;
    readonly k: number;
    readonly centroids: number[];
  };
  readonly product: {
    readonly m: number;
    readonly bits: number;
    readonly codebooks: number[];
    readonly codes: number[];
  };
  readonly ivf: {
    readonly nlist: number;
    readonly m: number;
    readonly bits: number;
    readonly centroids: number[];
    readonly codebooks: number[];
    readonly lists: number[][];
    readonly codes: number[];
    readonly queries: { readonly rows: number; readonly seed: number };
    readonly found: Readonly<Record<string, Found>>;
  };
  readonly scalar: { readonly trained: number[]; readonly codes: number[] };
}

export const faissQuantizers: FaissQuantizers = JSON.parse(
  readFileSync(new URL('../fixtures/faiss-quantizers.json', import.meta.url), 'utf8'),
);

/** Whole numbers from 0 to 255: the high byte of x <- 1664525 x + 1013904223 modulo 2^32, as the fixture has them. */
export function wholeNumbers(rows: number, cols: number, seed: number): Matrix {
  let state = seed;
  const data = Float32Array.from({ length: rows * cols }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return createMatrix(rows, cols, data);
}

/** The points that the fixture's quantizers were trained on. */
export function faissPoints(): Matrix {
  const { rows, dim, seed } = faissQuantizers.kMeans;
  return wholeNumbers(rows, dim, seed);
}
