/**
 * How far one operation on float32 may be off, as a share of its result. Processors round to the nearest, 2^-24, but WGSL lets a
 * device round up or down.
 *
 * Source: W3C, WebGPU Shading Language, section 15.7 (differences from IEEE-754, floating-point accuracy).
 */
const ROUNDING = 2 ** -23;

/**
 * γ(n): how far a chain of n operations may be off, as a share of the sum of the magnitudes of its terms.
 *
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1.
 */
export function chainBound(operations: number): number {
  return (operations * ROUNDING) / (1 - operations * ROUNDING);
}

/** What a sum of that many terms may lose besides, because a device may take numbers below 2^-126 for zero. */
export function smallestLoss(terms: number): number {
  return terms * 2 ** -125;
}
