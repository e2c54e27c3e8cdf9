import type { GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, GpuSample, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import { chainBound } from '../gpu/rounding.ts';

type Sizes = KernelThis<'dim'>;

/** Rows of base against columns of queries: threads beside each other read queries beside each other. */
function oneQuery(this: Sizes, base: KernelMatrix, queries: KernelMatrix): number {
  const row = this.thread.y;
  const query = this.thread.x;
  let difference = base[row]![0]! - queries[0]![query]!;
  let sum = difference * difference;
  for (let i = 1; i < this.constants.dim; i++) {
    difference = base[row]![i]! - queries[i]![query]!;
    sum += difference * difference;
  }
  return sum;
}

function fourQueries(this: Sizes, base: KernelMatrix, queries: KernelMatrix): number[] {
  const row = this.thread.y;
  const query = this.thread.x * 4;
  let value = base[row]![0]!;
  let difference0 = value - queries[0]![query]!;
  let difference1 = value - queries[0]![query + 1]!;
  let difference2 = value - queries[0]![query + 2]!;
  let difference3 = value - queries[0]![query + 3]!;
  let sum0 = difference0 * difference0;
  let sum1 = difference1 * difference1;
  let sum2 = difference2 * difference2;
  let sum3 = difference3 * difference3;
  for (let i = 1; i < this.constants.dim; i++) {
    value = base[row]![i]!;
    difference0 = value - queries[i]![query]!;
    difference1 = value - queries[i]![query + 1]!;
    difference2 = value - queries[i]![query + 2]!;
    difference3 = value - queries[i]![query + 3]!;
    sum0 += difference0 * difference0;
    sum1 += difference1 * difference1;
    sum2 += difference2 * difference2;
    sum3 += difference3 * difference3;
  }
  return [sum0, sum1, sum2, sum3];
}

export const QUERY_LANES = 4;
const SAMPLE: GpuSample = {
  rows: 5,
  cols: 8,
  constants: { dim: 7 },
  inputs: [
    [5, 7],
    [7, 8],
  ],
  tolerance: distanceBound(7),
};
const ONE: GpuKernel = { name: 'distance', body: oneQuery, sample: SAMPLE };
const FOUR: GpuKernel = { name: 'distance, four queries', body: fourQueries, lanes: QUERY_LANES, sample: SAMPLE };

/**
 * How far a squared distance may be off, as a share of the exact one: two roundings of a difference that is squared, one of the
 * square, and one for each sum. It holds for the sums of `reference.ts`, in whatever lanes, too.
 */
export function distanceBound(dim: number): number {
  return chainBound(dim + 2);
}

/**
 * (n, m): |base_i - query_j|², within `distanceBound(dim)` of the exact one, apart from `smallestLoss(dim)`. Differences are
 * squared, as the CPU does: |x|² + |y|² - 2xy would lose what far-away data have in common.
 *
 * @param base (n, dim)
 * @param queries (dim, m), a query a column
 * @throws {RangeError} if the dimensions differ
 */
export function squaredDistances(
  device: GpuDevice,
  base: GpuMatrix,
  queries: GpuMatrix,
  slot?: string,
): Promise<GpuMatrix> {
  if (base.cols !== queries.rows) {
    throw new RangeError(`GPU distances: expected queries of ${base.cols} dimensions, got ${queries.rows}.`);
  }
  const kernel = device.lanes && queries.cols % QUERY_LANES === 0 ? FOUR : ONE;
  const call = { rows: base.rows, cols: queries.cols, constants: { dim: base.cols }, inputs: [base, queries] };
  return device.run(kernel, slot === undefined ? call : { ...call, slot });
}
