/**
 * Matrix products on one core, GFLOP/s (a multiply-add is two): SIMD against the plain JavaScript loop (float64 accumulation
 * over Float32Arrays). First the bits are compared with the reference.
 *
 *     node --import tsx bench/kernels/matmul.ts
 */
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { fill, machine, measure, requireSameBits } from './measure.ts';

const NAMES = ['matmulNN', 'matmulNT', 'matmulTN'] as const;
const SHAPES = [
  [1024, 240, 960],
  [1024, 960, 240],
  [256, 256, 256],
  [256, 64, 256],
  [1280, 384, 64],
  [1280, 64, 256],
  [64, 256, 1280],
  [128, 64, 64],
  [16, 16, 16],
] as const;

function naive(c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[p * n + j]!;
      c[i * n + j] = sum;
    }
  }
}

function bench(m: number, n: number, k: number): void {
  const kernels = createKernels({ backend: 'simd', bytes: 4 * (m * k + k * n + m * n) + 256 });
  const reference = referenceKernels();
  const [c, a, b] = [m * n, m * k, k * n].map((length) => kernels.floats(length)) as Float32Array[];
  const expected = new Float32Array(m * n);
  fill(a!, 1);
  fill(b!, 2);
  for (const name of NAMES) {
    kernels[name](c!, a!, b!, m, n, k, false);
    reference[name](expected, a!, b!, m, n, k, false);
    requireSameBits(`${name} ${m} x ${n} x ${k}`, c!, expected);
  }
  const times = measure({
    naive: () => naive(expected, a!, b!, m, n, k),
    ...Object.fromEntries(NAMES.map((name) => [name, () => kernels[name](c!, a!, b!, m, n, k, false)])),
  });
  const rate = (name: string) => (2 * m * n * k) / times[name]!.median / 1e9;
  const row = NAMES.map((name) => rate(name).toFixed(1).padStart(6)).join('');
  const ratio = (rate('matmulNN') / rate('naive')).toFixed(1).padStart(7);
  console.log(`${[m, n, k].join(' x ').padEnd(20)}${rate('naive').toFixed(2).padStart(6)}   ${row}${ratio}x`);
}

console.log(machine());
console.log('matrix products, GFLOP/s, medians of 9 rounds\n');
console.log('m x n x k            naive       NN    NT    TN   NN/naive');
for (const [m, n, k] of SHAPES) bench(m, n, k);
