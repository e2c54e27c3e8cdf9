import type { Initializer } from '../autodiff/parameters.ts';

/** Every value the same. */
export function constant(value: number): Initializer {
  return (out) => {
    out.fill(value);
  };
}

/**
 * Uniform in ±1 / sqrt(fanIn), the number of inputs that each output sums.
 *
 * Source: the default of PyTorch's `nn.Linear`, weights and biases; the paper is silent.
 */
export function uniformFanIn(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (out, _shape, random) => {
    for (let i = 0; i < out.length; i++) out[i] = bound * (2 * random.uniform() - 1);
  };
}

/** N(0, 1). */
export const standardNormal: Initializer = (out, _shape, random) => {
  for (let i = 0; i < out.length; i++) out[i] = random.normal();
};
