import type { Floats } from '../../kernels/operands.ts';
import type { ParameterSet } from '../../src/autodiff/parameters.ts';
import type { Tape } from '../../src/autodiff/tape.ts';
import type { Tensor } from '../../src/autodiff/tensor.ts';
import { Random } from '../../src/tensor/random/random.ts';

/** What a correct backward stays below in float64; dropping one term of a derivative gives 1e-3 and more. */
export const GRADIENT_BOUND = 1e-7;

/**
 * Compares the backward replay with a central difference: along one random direction in the space of all parameters,
 * for one random weighting of the root's elements.
 *
 * @param tape a float64 training tape, parameters set, away from kinks
 * @returns the relative error of the directional derivative
 */
export function gradientError(tape: Tape, parameters: ParameterSet, root: Tensor, seed = 1, step = 1e-6): number {
  const random = new Random(seed, 'gradient-check');
  const weights = normals(root.value.length, random);
  const trainable = parameters.trainable();
  const start = trainable.map(({ value }) => value.slice());
  const direction = trainable.map(({ value }) => normals(value.length, random));

  tape.forward();
  parameters.clearGradients();
  tape.backward(root, weights);
  const analytic = trainable.reduce((sum, { gradient }, i) => sum + inner(gradient, direction[i]!), 0);

  const along = (distance: number): number => {
    for (const [i, { value }] of trainable.entries()) {
      for (let k = 0; k < value.length; k++) value[k] = start[i]![k]! + distance * direction[i]![k]!;
    }
    tape.forward();
    return inner(root.value, weights);
  };
  const numeric = (along(step) - along(-step)) / (2 * step);
  along(0);
  return Math.abs(analytic - numeric) / Math.max(Math.abs(analytic), Math.abs(numeric));
}

function normals(length: number, random: Random): Float64Array {
  return Float64Array.from({ length }, () => random.normal());
}

function inner(a: Floats, b: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
