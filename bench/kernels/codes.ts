/**
 * What takes the place of distances where vectors are codes: sums of table entries, distances to bytes, and the nearest of many
 * centroids. SIMD against the plain JavaScript loop, after a comparison of bits with the reference.
 *
 *     node --import tsx bench/kernels/codes.ts
 */
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
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

console.log(machine());
console.log('medians of 9 rounds\n');
console.log('ns for                             size  plain JS     SIMD   ratio');
for (const m of [8, 16, 32]) tableScan(m);
for (const dim of [64, 128, 256, 960]) scalarCodes(dim);
for (const dim of [2, 4, 8, 16, 64, 256]) nearestRows(dim);
