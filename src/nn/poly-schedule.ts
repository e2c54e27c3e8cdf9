/**
 * The learning rate after a share of the training: linear warm-up times the "poly" decay (1 - share)^0.9.
 *
 * Source: section 4.1 of the paper, "poly learning rate policy" with power 0.9 (from its authors' code).
 * Departs: the paper has no warm-up; a `warmUp` of 0 is the paper's.
 *
 * @param base the highest rate
 * @param done steps (or epochs) finished, 0 <= done < total
 * @param total steps (or epochs) in all
 * @param warmUp share of `total` during which the rate rises; the first of k warm-up steps has 1/k of the rate
 */
export function polyRate(base: number, done: number, total: number, warmUp: number): number {
  const rising = Math.ceil(warmUp * total);
  const warm = done < rising ? (done + 1) / rising : 1;
  return base * warm * ninePower(tenthRoot(1 - done / total));
}

/**
 * x^(1/10), by Newton's iteration on y^10 = x from above, where it falls monotonically: with multiplication and division only, every
 * engine returns the same bits, which `Math.pow` does not promise.
 */
function tenthRoot(x: number): number {
  if (x <= 0) return 0;
  let y = 1;
  for (;;) {
    const next = (9 * y + x / ninePower(y)) / 10;
    if (next >= y) return y;
    y = next;
  }
}

function ninePower(y: number): number {
  const square = y * y;
  const fourth = square * square;
  return fourth * fourth * y;
}
