import { Random } from '../../tensor/random/random.ts';

/**
 * Rows of the base by what they are for. What belongs to the base as a whole (standardization, boundary, the start at PCA) is
 * measured on all of them.
 */
export interface Split {
  /** No step is made on these: the held-out loss is theirs, and the queries of the probe. */
  readonly heldOut: Int32Array;
  readonly training: Int32Array;
}

/**
 * Holds out every twentieth row, chosen at random.
 *
 * Source: "95 % of the base trains, 5 % validates", the released code. Departs: seeded.
 */
export function splitRows(rows: number, seed: number | string): Split {
  const order = new Random(seed, 'held-out').permutation(rows);
  const heldOut = heldOutCount(rows);
  return { heldOut: order.slice(0, heldOut), training: order.slice(heldOut) };
}

/** The order of the training rows in one epoch, which depends on (seed, epoch) alone: training can continue at any step. */
export function epochOrder(training: Int32Array, seed: number | string, epoch: number): Int32Array {
  return new Random(seed, `epoch/${epoch}`).permutation(training.length).map((place) => training[place]!);
}

/** So that the probe has its 10 neighbors and the held-out loss some pairs. */
export const MINIMUM_ROWS = 64;

function heldOutCount(rows: number): number {
  return Math.ceil(rows / 20);
}

/** How many of the rows are trained on. */
export function trainingRowCount(rows: number): number {
  return rows - heldOutCount(rows);
}
