/**
 * Squared distances, one query to 32 rows by id: SIMD against the plain JavaScript loop (float64 accumulation over
 * Float32Arrays). First the bits are compared with the reference.
 *
 *     node --import tsx bench/kernels/distance.ts
 */
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { fill, machine, measure, requireSameBits } from './measure.ts';

const ROWS = 32;
const CACHE_BYTES = 2 ** 20;
const MEMORY_BYTES = 2 ** 30;

function naive(out: Float32Array, query: Float32Array, base: Float32Array, ids: Int32Array, dim: number): void {
  for (let r = 0; r < ids.length; r++) {
    const at = ids[r]! * dim;
    let sum = 0;
    for (let i = 0; i < dim; i++) {
      const difference = query[i]! - base[at + i]!;
      sum += difference * difference;
    }
    out[r] = sum;
  }
}

/** Writes fresh ids at each call, in an order that no prefetcher guesses. */
function idSource(ids: Int32Array, rows: number): () => Int32Array {
  let state = 1;
  return () => {
    for (let i = 0; i < ids.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      ids[i] = Math.floor((state / 2 ** 32) * rows);
    }
    return ids;
  };
}

function bench(place: string, bytes: number, dims: readonly number[]): void {
  const kernels = createKernels({ backend: 'simd', bytes: bytes + 2 ** 19 });
  const reference = referenceKernels();
  const all = kernels.floats(bytes / 4) as Float32Array;
  const query = kernels.floats(1024) as Float32Array;
  const out = kernels.floats(ROWS) as Float32Array;
  const expected = new Float32Array(ROWS);
  const ids = kernels.ints(ROWS);
  fill(all, 1);
  fill(query, 2);
  for (const dim of dims) {
    const rows = Math.floor(all.length / dim);
    const next = idSource(ids, rows);
    next();
    kernels.squaredDistances(out, query, 0, all, ids, ROWS, dim);
    reference.squaredDistances(expected, query, 0, all, ids, ROWS, dim);
    requireSameBits(`distance, dim ${dim}`, out, expected);
    const times = measure({
      ids: next,
      naive: () => naive(out, query, all, next(), dim),
      simd: () => kernels.squaredDistances(out, query, 0, all, next(), ROWS, dim),
    });
    const drawing = times['ids']!.median;
    const plain = ((times['naive']!.median - drawing) / ROWS) * 1e9;
    const simd = ((times['simd']!.median - drawing) / ROWS) * 1e9;
    const gflops = (3 * dim) / simd;
    console.log(
      `${place.padEnd(6)} ${String(dim).padStart(4)}   ${plain.toFixed(1).padStart(8)}   ${simd.toFixed(1).padStart(7)}` +
        `   ${(plain / simd).toFixed(1).padStart(5)}x   ${gflops.toFixed(1).padStart(5)}`,
    );
  }
}

console.log(machine());
console.log(`squared distances, one query to ${ROWS} rows by id, ns per distance, medians of 9 rounds\n`);
console.log('place   dim   naive JS      SIMD     ratio   GFLOP/s');
bench('cache', CACHE_BYTES, [16, 64, 128, 240, 256, 784, 960]);
bench('DRAM', MEMORY_BYTES, [64, 128, 240, 256, 784, 960]);
