import { referenceKernels } from '../../kernels/backend.ts';
import type { Initializer, ParameterSet as Parameters } from '../../src/autodiff/parameters.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { Tape } from '../../src/autodiff/tape.ts';
import type { Tensor } from '../../src/autodiff/tensor.ts';
import { standardNormal } from '../../src/nn/initialize.ts';

/** A float64 training tape on which every operand is a parameter, so that a gradient check covers all of them. */
export interface Bench {
  readonly tape: Tape;
  readonly parameters: Parameters;
  readonly operand: (name: string, shape: readonly number[], initialize?: Initializer) => Tensor;
}

export function float64Bench(): Bench {
  const kernels = referenceKernels({ precision: 'float64' });
  const tape = new Tape(kernels, { training: true });
  const parameters = new ParameterSet(kernels, { gradients: true });
  return {
    tape,
    parameters,
    operand: (name, shape, initialize = standardNormal) => parameters.parameter(name, shape, initialize),
  };
}
