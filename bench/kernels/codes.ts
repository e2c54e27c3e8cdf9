/**
 * What takes the place of distances where vectors are codes: sums of table entries, distances to bytes, and the nearest of many
 * centroids; and the searches made of them, with the nearest kept. SIMD against the plain JavaScript loop, or many queries against
 * one, after a comparison of bits.
 *
 *     node --import tsx bench/kernels/codes.ts
 */
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { NO_ID } from '../../kernels/top-k/reference.ts';
import { fill, machine, measure, requireSameBits } from './measure.ts';

const ROWS = 20000;
const BLOCK = 2048;

function row(name: string, size: number, plain: number | undefined, simd: number): void {
  const ratio = plain === undefined ? '' : `${(plain / simd).toFixed(1)}x`;
  const naive = plain === undefined ? '' : plain.toFixed(1);
  console.log(
    `${name.padEnd(34)} ${String(size).padStart(4)} ${naive.padStart(9)} ${simd.toFixed(2).padStart(8)} ${ratio.padStart(7)}`,
  );
}

function bytesOf(length: number, seed: number): Uint8Array {
  const numbers = new Float32Array(length);
  fill(numbers, seed);
  return Uint8Array.from(numbers, (value) => Math.floor((value + 0.5) * 256));
}

function tableScan(m: number): void {
  const kernels = createKernels({ backend: 'simd', bytes: ROWS * m + 4 * (256 * m + BLOCK) + 4096 });
  const reference = referenceKernels();
  const table = kernels.floats(256 * m) as Float32Array;
  fill(table, 1);
  const codes = kernels.bytes(ROWS * m);
  codes.set(bytesOf(codes.length, 2));
  const out = kernels.floats(BLOCK) as Float32Array;
  const expected = new Float32Array(BLOCK);
  kernels.tableSumScan(out, table, codes, 5, BLOCK, m);
  reference.tableSumScan(expected, table, codes, 5, BLOCK, m);
  requireSameBits(`table scan, m ${m}`, out, expected);
  const plain = () => {
    for (let r = 0; r < BLOCK; r++) {
      let sum = 0;
      for (let s = 0; s < m; s++) sum += table[256 * s + codes[r * m + s]!]!;
      expected[r] = sum;
    }
  };
  const blocks = Math.floor(ROWS / BLOCK);
  const times = measure({
    plain,
    simd: () => {
      for (let block = 0; block < blocks; block++) kernels.tableSumScan(out, table, codes, block * BLOCK, BLOCK, m);
    },
  });
  const [naive, simd] = [times['plain']!.median / BLOCK, times['simd']!.median / (blocks * BLOCK)];
  row('table sums, a code; m', m, naive * 1e9, simd * 1e9);
}

function scalarCodes(dim: number): void {
  const kernels = createKernels({ backend: 'simd', bytes: BLOCK * dim * 5 + 4 * (4 * dim + BLOCK) + 4096 });
  const reference = referenceKernels();
  const codes = kernels.bytes(BLOCK * dim);
  codes.set(bytesOf(codes.length, 3));
  const vectors = kernels.floats(BLOCK * dim) as Float32Array;
  fill(vectors, 4);
  const target = kernels.floats(dim) as Float32Array;
  const steps = kernels.floats(dim) as Float32Array;
  fill(target, 5);
  fill(steps, 6);
  const out = kernels.floats(BLOCK) as Float32Array;
  const expected = new Float32Array(BLOCK);
  const rows = 512; // all in the second cache
  kernels.byteDistanceScan(out, codes, 0, codes, 0, rows, dim, 0.1);
  reference.byteDistanceScan(expected, codes, 0, codes, 0, rows, dim, 0.1);
  requireSameBits(`bytes, dim ${dim}`, out, expected);
  kernels.codeDistanceScan(out, target, steps, codes, 0, rows, dim);
  reference.codeDistanceScan(expected, target, steps, codes, 0, rows, dim);
  requireSameBits(`codes, dim ${dim}`, out, expected);
  const plain = () => {
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) {
        const difference = codes[i]! - codes[r * dim + i]!;
        sum += difference * difference;
      }
      expected[r] = sum;
    }
  };
  const times = measure({
    plain,
    bytes: () => kernels.byteDistanceScan(out, codes, 0, codes, 0, rows, dim, 0.1),
    codes: () => kernels.codeDistanceScan(out, target, steps, codes, 0, rows, dim),
    floats: () => kernels.squaredDistanceScan(out, target, 0, vectors, 0, rows, dim),
  });
  const ns = (name: string) => (times[name]!.median / rows) * 1e9;
  row('whole-number distance of bytes; d', dim, ns('plain'), ns('bytes'));
  row('float distance to bytes; d', dim, undefined, ns('codes'));
  row('float distance of floats; d', dim, undefined, ns('floats'));
}

/** Encoding, and looking for what is out of range, of a block that stays in cache. */
function scalarEncoding(dim: number): void {
  const rows = Math.floor(2 ** 15 / dim);
  const numbers = rows * dim;
  const kernels = createKernels({ backend: 'simd', bytes: 5 * numbers + 8 * dim + 4096 });
  const reference = referenceKernels();
  const x = kernels.floats(numbers) as Float32Array;
  fill(x, 15);
  const codes = kernels.bytes(numbers);
  const [minima, spans] = [kernels.floats(dim).fill(-0.45), kernels.floats(dim).fill(0.9)];
  const expected = new Uint8Array(numbers);
  kernels.scalarCodes(codes, x, minima, spans, rows, dim);
  reference.scalarCodes(expected, x, minima, spans, rows, dim);
  requireSameBits(`scalar codes, dim ${dim}`, Float32Array.from(codes), Float32Array.from(expected));
  if (!kernels.allWithin(x, numbers, 1) || !reference.allWithin(x, numbers, 1)) throw new Error('range: expected so.');
  const times = measure({
    plain: () => {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < dim; i++) {
          const share = Math.fround(Math.fround(x[r * dim + i]! - minima[i]!) / spans[i]!);
          expected[r * dim + i] = Math.fround(255 * Math.max(0, Math.min(1, share)));
        }
      }
    },
    simd: () => kernels.scalarCodes(codes, x, minima, spans, rows, dim),
    plainWithin: () => reference.allWithin(x, numbers, 1),
    within: () => kernels.allWithin(x, numbers, 1),
  });
  const ns = (name: string) => (times[name]!.median / numbers) * 1e9;
  row('SQ8 encoding, a number; d', dim, ns('plain'), ns('simd'));
  row('  whether all are within a range; d', dim, ns('plainWithin'), ns('within'));
}

function nearestRows(dim: number): void {
  const [points, centroids] = [1024, 256];
  const kernels = createKernels({ backend: 'simd', bytes: 4 * ((points + centroids) * dim + 400 * points) + 4096 });
  const reference = referenceKernels();
  const x = kernels.floats(points * dim) as Float32Array;
  const base = kernels.floats(centroids * dim) as Float32Array;
  fill(x, 7);
  fill(base, 8);
  const ids = kernels.ints(points);
  const distances = kernels.floats(points) as Float32Array;
  const matrix = kernels.floats(points * centroids);
  const expected = new Float32Array(points);
  kernels.nearestRows(ids, distances, x, 0, points, base, centroids, dim);
  reference.nearestRows(new Int32Array(points), expected, x, 0, points, base, centroids, dim);
  requireSameBits(`nearest rows, dim ${dim}`, distances, expected);
  const times = measure({
    nearest: () => kernels.nearestRows(ids, distances, x, 0, points, base, centroids, dim),
    matrix: () => kernels.squaredDistanceMatrix(matrix, x, 0, points, base, 0, centroids, dim),
  });
  const ns = (name: string) => (times[name]!.median / (points * centroids)) * 1e9;
  row('nearest of 256, a pair; d', dim, undefined, ns('nearest'));
  row('  all distances, not the nearest; d', dim, undefined, ns('matrix'));
}

/** Exact search: measuring every pair against dismissing most of them by products. */
function exactSearch(dim: number): void {
  const [queries, rows, k] = [256, 512, 100];
  const floats = (queries + rows) * dim + queries * (rows + 4 * k);
  const kernels = createKernels({ backend: 'simd', bytes: 4 * floats + 4096 });
  const asked = kernels.floats(queries * dim) as Float32Array;
  const base = kernels.floats(rows * dim) as Float32Array;
  fill(asked, 9);
  fill(base, 10);
  const matrix = kernels.floats(queries * rows);
  const tops = kernels.floats(queries * k) as Float32Array;
  const ids = kernels.ints(queries * k);
  const offer = () => kernels.offerRows(tops, ids, k, asked, queries, base, rows, 0, dim);
  const measured = () => {
    kernels.squaredDistanceMatrix(matrix, asked, 0, queries, base, 0, rows, dim);
    for (let i = 0; i < queries; i++) {
      const one = matrix.subarray(i * rows, (i + 1) * rows);
      kernels.offerDistances(tops, ids, i, k, one, undefined, 0, rows);
    }
  };
  const found = [measured, offer].map((run) => {
    tops.fill(Number.POSITIVE_INFINITY);
    ids.fill(NO_ID);
    run();
    kernels.sortTops(tops, ids, queries, k);
    return tops.slice();
  });
  requireSameBits(`exact search, dim ${dim}`, found[1]!, found[0]!);
  tops.fill(0); // as late in a search: nothing is near enough
  const times = measure({ measured, offer });
  const ns = (name: string) => (times[name]!.median / (queries * rows)) * 1e9;
  row('all pairs measured and offered; d', dim, undefined, ns('measured'));
  row('  dismissed by products; d', dim, undefined, ns('offer'));
  console.log(`${''.padEnd(39)} ${(ns('measured') / ns('offer')).toFixed(2)}x`);
}

/** Distances of which none is near enough: in JavaScript and by the kernel. */
function selection(): void {
  const kernels = createKernels({ backend: 'simd', bytes: 4 * BLOCK + 4096 });
  const distances = kernels.floats(BLOCK) as Float32Array;
  fill(distances, 11);
  const [tops, ids] = [kernels.floats(1).fill(-1), kernels.ints(1)];
  let kept = 0;
  const times = measure({
    plain: () => {
      for (let i = 0; i < BLOCK; i++) if (distances[i]! <= -1) kept++;
    },
    simd: () => kernels.offerDistances(tops, ids, 0, 1, distances, undefined, 0, BLOCK),
  });
  if (kept > 0) throw new Error('selection: expected nothing kept.');
  const ns = (name: string) => (times[name]!.median / BLOCK) * 1e9;
  row('offered, not kept; k', 1, ns('plain'), ns('simd'));
}

/** One list of product codes for 64 queries, one query a call and all in one. */
function productSearch(m: number): void {
  const [queries, dim, k] = [64, 256, 100];
  const bytes = ROWS * m + 4 * ((queries + 257) * dim + 2 * queries * k + queries);
  const kernels = createKernels({ backend: 'simd', bytes: bytes + 4096 });
  const codes = kernels.bytes(ROWS * m);
  codes.set(bytesOf(codes.length, 12));
  const [asked, codebooks] = [kernels.floats(queries * dim), kernels.floats(256 * dim)];
  fill(asked, 13);
  fill(codebooks, 14);
  const [origin, queryIds] = [kernels.floats(dim), kernels.ints(queries)];
  for (let i = 0; i < queries; i++) queryIds[i] = i;
  const [tops, ids] = [kernels.floats(queries * k) as Float32Array, kernels.ints(queries * k)];
  const product = { codes, first: 0, count: ROWS, ids: undefined, codebooks, m, centroids: 256, dim };
  const singly = queryIds.subarray.bind(queryIds);
  const alone = () => {
    for (let i = 0; i < queries; i++) {
      kernels.offerProductCodes(tops, ids, k, asked, singly(i, i + 1), 1, origin, product);
    }
  };
  const together = () => kernels.offerProductCodes(tops, ids, k, asked, queryIds, queries, origin, product);
  const found = [alone, together].map((run) => {
    tops.fill(Number.POSITIVE_INFINITY);
    ids.fill(NO_ID);
    run();
    return tops.slice();
  });
  requireSameBits(`product search, m ${m}`, found[1]!, found[0]!);
  const times = measure({ alone, together });
  const ns = (name: string) => (times[name]!.median / (queries * ROWS)) * 1e9;
  row('product code, a query alone; m', m, undefined, ns('alone'));
  row('  four queries together; m', m, undefined, ns('together'));
  console.log(`${''.padEnd(39)} ${(ns('alone') / ns('together')).toFixed(2)}x`);
}

console.log(machine());
console.log('medians of 9 rounds\n');
console.log('ns for                             size  plain JS     SIMD   ratio');
for (const m of [8, 16, 32]) tableScan(m);
for (const dim of [64, 128, 256, 960]) scalarCodes(dim);
for (const dim of [7, 64, 256, 960]) scalarEncoding(dim);
for (const dim of [2, 4, 8, 16, 64, 256]) nearestRows(dim);
selection();
for (const dim of [64, 256, 960]) exactSearch(dim);
for (const m of [16, 32]) productSearch(m);
