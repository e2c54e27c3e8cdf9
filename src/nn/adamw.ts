import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import type { TrainableParameter } from '../autodiff/parameters.ts';
import { sizeOf } from '../autodiff/tensor.ts';
import type { Optimizer } from './optimizer.ts';

export interface AdamwOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Of every parameter, gains and biases included; 0 switches it off. */
  readonly weightDecay: number;
}

/** First and second moment of the gradient of one parameter. */
interface Moments {
  readonly parameter: TrainableParameter;
  readonly first: Floats;
  readonly second: Floats;
}

/**
 * Adam with decoupled weight decay over a set of parameters.
 *
 * Source: Loshchilov & Hutter 2019, Algorithm 2 (AdamW); the update itself is `kernels/adamw/reference.ts`.
 */
export class AdamW implements Optimizer {
  readonly #kernels: Kernels;
  readonly #options: AdamwOptions;
  readonly #moments: readonly Moments[];
  // beta^t as running products in float64: no power function, and the same bits everywhere.
  #power1 = 1;
  #power2 = 1;

  /** Takes memory for two moments of each parameter from `kernels`, zeroed. */
  constructor(kernels: Kernels, parameters: readonly TrainableParameter[], options: AdamwOptions) {
    this.#kernels = kernels;
    this.#options = options;
    this.#moments = parameters.map((parameter) => ({
      parameter,
      first: kernels.floats(sizeOf(parameter.shape)),
      second: kernels.floats(sizeOf(parameter.shape)),
    }));
  }

  step(learningRate: number): void {
    const { beta1, beta2 } = this.#options;
    this.#power1 *= beta1;
    this.#power2 *= beta2;
    const rates = {
      ...this.#options,
      learningRate,
      correction1: 1 - this.#power1,
      correction2: 1 - this.#power2,
    };
    for (const { parameter, first, second } of this.#moments) {
      this.#kernels.adamw(parameter.value, parameter.gradient, first, second, parameter.value.length, rates);
    }
  }

  /** Powers of the betas, which the bias corrections need. */
  get scalars(): { readonly power1: number; readonly power2: number } {
    return { power1: this.#power1, power2: this.#power2 };
  }

  /** The moments under the names `first/<parameter>` and `second/<parameter>`: views, not copies. */
  moments(): Map<string, { readonly shape: readonly number[]; readonly value: Floats }> {
    const all = new Map<string, { shape: readonly number[]; value: Floats }>();
    for (const { parameter, first, second } of this.#moments) {
      all.set(`first/${parameter.name}`, { shape: parameter.shape, value: first });
      all.set(`second/${parameter.name}`, { shape: parameter.shape, value: second });
    }
    return all;
  }

  restore(scalars: Readonly<Record<string, number>>): void {
    this.#power1 = scalars['power1']!;
    this.#power2 = scalars['power2']!;
  }
}
