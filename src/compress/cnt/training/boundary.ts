import type { Matrix } from '../../../tensor/matrix.ts';
import { Random } from '../../../tensor/random/random.ts';

/** Enough for a relative error near 0.1 %: distances of real vectors vary by a fifth of their mean. */
const PAIRS = 100_000;

/**
 * The mean distance (not squared) between two different rows, over 100,000 random pairs, in float64.
 *
 * Source: "boundary" of Eq. 5. Departs: the paper does not say how it was found; its authors' code has a constant for each data set.
 *
 * @param base at least two rows
 * @param std what distances are divided by: those of standardized rows are wanted
 */
export function meanPairDistance(base: Matrix, std: number, seed: number | string): number {
  const random = new Random(seed, 'boundary');
  const { rows, cols, data } = base;
  let sum = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const i = random.below(rows);
    const other = random.below(rows - 1);
    const a = i * cols;
    const b = (other < i ? other : other + 1) * cols;
    let square = 0;
    for (let c = 0; c < cols; c++) {
      const difference = data[a + c]! - data[b + c]!;
      square += difference * difference;
    }
    sum += Math.sqrt(square);
  }
  return sum / PAIRS / std;
}
