import type { Random } from '../../src/tensor/random/random.ts';

/**
 * Compares a gradient with central differences of `value` along one random direction, both in float64.
 *
 * Source: the check of HIPS/autograd and llm.c: <gradient, v> against (f(x + h v) - f(x - h v)) / 2h.
 *
 * @param inputs the point; left as it was
 * @param gradients of `value` at the point, one for each input
 * @returns the relative error
 */
export function directionalError(
  inputs: readonly Float64Array[],
  gradients: readonly Float64Array[],
  value: (inputs: readonly Float64Array[]) => number,
  random: Random,
): number {
  const h = 1e-5;
  const direction = inputs.map((one) => one.map(() => random.normal()));
  const moved = (step: number) => inputs.map((one, i) => one.map((x, j) => x + step * direction[i]![j]!));
  const numeric = (value(moved(h)) - value(moved(-h))) / (2 * h);
  const analytic = gradients.reduce((sum, gradient, i) => sum + weightedSum(gradient, direction[i]!), 0);
  return Math.abs(analytic - numeric) / Math.max(Math.abs(analytic), Math.abs(numeric));
}

/** Sum of a_i b_i: makes one number of an output, so that its gradient is the weights. */
export function weightedSum(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

export function normals(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => random.normal());
}

/** As plain float32 numbers. */
export function singles(random: Random, length: number, scale = 1): number[] {
  return Array.from({ length }, () => Math.fround(random.normal() * scale));
}
