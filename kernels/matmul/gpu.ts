import type { GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, GpuSample, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import { chainBound } from '../gpu/rounding.ts';
import { transpose } from '../gpu/transpose.ts';

/** Which operand is read transposed; c (m, n) = a (m, k) b (k, n). */
export type MatmulForm = 'NN' | 'NT' | 'TN';

type Sizes = KernelThis<'k'>;

function productNN(this: Sizes, a: KernelMatrix, b: KernelMatrix): number {
  const i = this.thread.y;
  const j = this.thread.x;
  let sum = a[i]![0]! * b[0]![j]!;
  for (let p = 1; p < this.constants.k; p++) sum += a[i]![p]! * b[p]![j]!;
  return sum;
}

function productNT(this: Sizes, a: KernelMatrix, b: KernelMatrix): number {
  const i = this.thread.y;
  const j = this.thread.x;
  let sum = a[i]![0]! * b[j]![0]!;
  for (let p = 1; p < this.constants.k; p++) sum += a[i]![p]! * b[j]![p]!;
  return sum;
}

function productTN(this: Sizes, a: KernelMatrix, b: KernelMatrix): number {
  const i = this.thread.y;
  const j = this.thread.x;
  let sum = a[0]![i]! * b[0]![j]!;
  for (let p = 1; p < this.constants.k; p++) sum += a[p]![i]! * b[p]![j]!;
  return sum;
}

/** Four columns a thread: five loads for four multiply-adds, where one column takes two for one. */
function wideNN(this: Sizes, a: KernelMatrix, b: KernelMatrix): number[] {
  const i = this.thread.y;
  const j = this.thread.x * 4;
  let left = a[i]![0]!;
  let sum0 = left * b[0]![j]!;
  let sum1 = left * b[0]![j + 1]!;
  let sum2 = left * b[0]![j + 2]!;
  let sum3 = left * b[0]![j + 3]!;
  for (let p = 1; p < this.constants.k; p++) {
    left = a[i]![p]!;
    sum0 += left * b[p]![j]!;
    sum1 += left * b[p]![j + 1]!;
    sum2 += left * b[p]![j + 2]!;
    sum3 += left * b[p]![j + 3]!;
  }
  return [sum0, sum1, sum2, sum3];
}

function wideNT(this: Sizes, a: KernelMatrix, b: KernelMatrix): number[] {
  const i = this.thread.y;
  const j = this.thread.x * 4;
  let left = a[i]![0]!;
  let sum0 = left * b[j]![0]!;
  let sum1 = left * b[j + 1]![0]!;
  let sum2 = left * b[j + 2]![0]!;
  let sum3 = left * b[j + 3]![0]!;
  for (let p = 1; p < this.constants.k; p++) {
    left = a[i]![p]!;
    sum0 += left * b[j]![p]!;
    sum1 += left * b[j + 1]![p]!;
    sum2 += left * b[j + 2]![p]!;
    sum3 += left * b[j + 3]![p]!;
  }
  return [sum0, sum1, sum2, sum3];
}

function wideTN(this: Sizes, a: KernelMatrix, b: KernelMatrix): number[] {
  const i = this.thread.y;
  const j = this.thread.x * 4;
  let left = a[0]![i]!;
  let sum0 = left * b[0]![j]!;
  let sum1 = left * b[0]![j + 1]!;
  let sum2 = left * b[0]![j + 2]!;
  let sum3 = left * b[0]![j + 3]!;
  for (let p = 1; p < this.constants.k; p++) {
    left = a[p]![i]!;
    sum0 += left * b[p]![j]!;
    sum1 += left * b[p]![j + 1]!;
    sum2 += left * b[p]![j + 2]!;
    sum3 += left * b[p]![j + 3]!;
  }
  return [sum0, sum1, sum2, sum3];
}

const LANES = 4;
/**
 * Multiply-adds from which form NT turns b first and is then NN: neighboring threads that read rows of b read memory far apart.
 * Measured on an H100: 1.8 against 7.0 TFLOP/s at 1024³; a launch more, 27 µs, is what it costs.
 */
const TURN_FROM = 2 ** 25;
const SAMPLES = {
  NN: [
    [5, 7],
    [7, 8],
  ],
  NT: [
    [5, 7],
    [8, 7],
  ],
  TN: [
    [7, 5],
    [7, 8],
  ],
} as const;

function sampleOf(form: MatmulForm): GpuSample {
  return { rows: 5, cols: 8, constants: { k: 7 }, inputs: SAMPLES[form], tolerance: matmulBound(7) };
}

const KERNELS: Readonly<Record<MatmulForm, readonly [one: GpuKernel, four: GpuKernel]>> = {
  NN: [
    { name: 'matmul NN', body: productNN, sample: sampleOf('NN') },
    { name: 'matmul NN, four columns', body: wideNN, lanes: LANES, sample: sampleOf('NN') },
  ],
  NT: [
    { name: 'matmul NT', body: productNT, sample: sampleOf('NT') },
    { name: 'matmul NT, four columns', body: wideNT, lanes: LANES, sample: sampleOf('NT') },
  ],
  TN: [
    { name: 'matmul TN', body: productTN, sample: sampleOf('TN') },
    { name: 'matmul TN, four columns', body: wideTN, lanes: LANES, sample: sampleOf('TN') },
  ],
};

/**
 * How far an element may be from the exact one, as a share of the sum of the magnitudes of its k products: each of them is rounded,
 * and each of k sums.
 */
export function matmulBound(k: number): number {
  return chainBound(k + 1);
}

/** The kernel for a product of so many columns, `k` its constant; `lanes`: the device runs kernels of several columns a thread. */
export function matmulKernel(form: MatmulForm, cols: number, lanes: boolean): GpuKernel {
  const [one, four] = KERNELS[form];
  return lanes && cols % LANES === 0 ? four : one;
}

/** Whether form NT is to be run as NN on the transpose of b. */
export function turnsFirst(m: number, n: number, k: number): boolean {
  return m * n * k >= TURN_FROM;
}

/**
 * c (m, n) = a b, a transposed first in form TN, b in form NT, within `matmulBound(k)` of Σ |a| |b|.
 *
 * @throws {RangeError} if the inner dimensions differ
 */
export async function matmul(
  device: GpuDevice,
  form: MatmulForm,
  a: GpuMatrix,
  b: GpuMatrix,
  slot?: string,
): Promise<GpuMatrix> {
  const [rows, k] = form === 'TN' ? [a.cols, a.rows] : [a.rows, a.cols];
  const [cols, inner] = form === 'NT' ? [b.rows, b.cols] : [b.cols, b.rows];
  if (k !== inner) {
    const got = `${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`;
    throw new RangeError(`GPU matmul ${form}: expected matrices that fit, got ${got}.`);
  }
  if (form === 'NT' && turnsFirst(rows, cols, k)) {
    const turned = await transpose(device, b, slot === undefined ? undefined : `${slot}, turned`);
    const product = await matmul(device, 'NN', a, turned, slot);
    device.free(turned);
    return product;
  }
  const kernel = matmulKernel(form, cols, device.lanes);
  return device.run(kernel, { rows, cols, constants: { k }, inputs: [a, b], ...(slot === undefined ? {} : { slot }) });
}
