import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import type { TrainableParameter } from '../autodiff/parameters.ts';
import { sizeOf } from '../autodiff/tensor.ts';
import type { Optimizer } from './optimizer.ts';

/** Stochastic gradient descent with momentum over a set of parameters; the update itself is `kernels/sgd/reference.ts`. */
export class Sgd implements Optimizer {
  readonly #kernels: Kernels;
  readonly #momentum: number;
  readonly #velocities: readonly { readonly parameter: TrainableParameter; readonly velocity: Floats }[];

  /** Takes memory for a velocity of each parameter from `kernels`, zeroed. */
  constructor(kernels: Kernels, parameters: readonly TrainableParameter[], options: { readonly momentum: number }) {
    this.#kernels = kernels;
    this.#momentum = options.momentum;
    this.#velocities = parameters.map((parameter) => ({
      parameter,
      velocity: kernels.floats(sizeOf(parameter.shape)),
    }));
  }

  step(learningRate: number): void {
    for (const { parameter, velocity } of this.#velocities) {
      const { value, gradient } = parameter;
      this.#kernels.sgd(value, gradient, velocity, value.length, learningRate, this.#momentum);
    }
  }

  /** None: the velocities are all there is. */
  get scalars(): Record<string, number> {
    return {};
  }

  moments(): Map<string, { readonly shape: readonly number[]; readonly value: Floats }> {
    return new Map(
      this.#velocities.map(({ parameter: { name, shape }, velocity }) => [
        `velocity/${name}`,
        { shape, value: velocity },
      ]),
    );
  }

  restore(): void {}
}
