import { distanceBound, squaredDistances } from '../distance/gpu.ts';
import type { GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import { smallestLoss } from '../gpu/rounding.ts';

/** The row with the smallest value of each column, the first of equals; -1 - row where the second smallest is too near to be sure, or it is no number. */
function smallestRow(this: KernelThis<'rows'>, distances: KernelMatrix, ratio: number, loss: number): number {
  const column = this.thread.x;
  let nearest = 0;
  let least = distances[0]![column]!;
  let second = 3e38;
  for (let row = 1; row < this.constants.rows; row++) {
    const distance = distances[row]![column]!;
    if (distance < least) {
      second = least;
      least = distance;
      nearest = row;
    } else if (distance < second) {
      second = distance;
    }
  }
  if (second > least * ratio + loss) return nearest;
  return -1 - nearest;
}

const SMALLEST: GpuKernel = {
  name: 'nearest row',
  body: smallestRow,
  sample: { rows: 1, cols: 9, constants: { rows: 11 }, inputs: [[11, 9], 1.05, 0.001], range: [0.5, 1], tolerance: 0 },
};

/**
 * By which factor two distances that a device gave must differ for the CPU's float32 distances, in whatever order it sums, to be
 * in the same order: each of the four may be off by `distanceBound`; then the product with the ratio is rounded, with room to spare.
 */
export function certainRatio(dim: number): number {
  const bound = distanceBound(dim);
  return ((1 + bound) / (1 - bound)) ** 2 * (1 + 2 ** -20);
}

/**
 * (1, m): the row of base nearest to each query, certainly the one that `reference.ts` finds; or -1 - row where two rows are so
 * near to each other that only the CPU's own sums can tell.
 *
 * @param base (n, dim), at most 2^24 rows
 * @param queries (dim, m), a query a column
 */
export async function nearestRows(
  device: GpuDevice,
  base: GpuMatrix,
  queries: GpuMatrix,
  slot: string,
): Promise<GpuMatrix> {
  const distances = await squaredDistances(device, base, queries, slot);
  const { rows, cols: dim } = base;
  const inputs = [distances, certainRatio(dim), 4 * smallestLoss(dim)];
  return device.run(SMALLEST, { rows: 1, cols: queries.cols, constants: { rows }, inputs, slot });
}
