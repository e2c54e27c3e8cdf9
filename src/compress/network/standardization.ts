import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { farthestValue, ordinarySpread } from '../../tensor/vectors/far-values.ts';
import type { RowRange } from './row-range.ts';

/** What the network sees of a value x: (x - mean) / std, with one mean and one deviation for all columns. */
export interface Standardization {
  readonly mean: number;
  readonly std: number;
}

/**
 * Mean and standard deviation (of the population) over all values of a matrix, in float64 and in row order, in two passes.
 *
 * Departs: the paper is silent; its authors' code has such constants for each data set.
 *
 * @param base values in range
 * @throws {RangeError} if all values are equal, or if a few far values or columns make the deviation so large that rows that differ are
 * nearly one to a network: more than a thousand times what nine of ten pairs of rows differ by
 */
export function measureStandardization(base: Matrix, where: string): Standardization {
  const { data } = base;
  const length = base.rows * base.cols;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += data[i]!;
  const mean = sum / length;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const deviation = data[i]! - mean;
    squares += deviation * deviation;
  }
  const std = Math.sqrt(squares / length);
  if (!(std > 0)) throw new RangeError(`${where}: expected values that differ, got ${mean} everywhere.`);
  requireVisible(base, where, { mean, std });
  return { mean, std };
}

/** How many times the deviation may exceed what ordinary rows differ by. */
const MOST_DEVIATION = 1000;

function requireVisible(base: Matrix, where: string, { std }: Standardization): void {
  const spread = ordinarySpread(base);
  if (spread === 0 || std <= MOST_DEVIATION * spread) return; // of many copies, ordinary rows do not differ
  throw new RangeError(
    `${where}: expected a standard deviation of at most ${MOST_DEVIATION} times the ${spread} that most rows differ by, got ${std} because of ${farthestValue(base)}; remove or correct fill values, rescale columns that are far from the others, or give a standardization.`,
  );
}

/**
 * Standardizes rows, in float64 and rounded once.
 *
 * @param kernels who computes
 * @param target (count, cols), in their memory; overwritten
 */
export function standardizeRows(
  kernels: Pick<Kernels, 'standardize'>,
  target: Floats,
  { x, ids, first, count }: RowRange,
  { mean, std }: Standardization,
): void {
  const { cols, data } = x;
  if (ids) {
    for (let r = 0; r < count; r++) {
      const source = ids[first + r]! * cols;
      target.set(data.subarray(source, source + cols), r * cols);
    }
  } else {
    target.set(data.subarray(first * cols, (first + count) * cols));
  }
  kernels.standardize(target, count * cols, mean, std);
}
