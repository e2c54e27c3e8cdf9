import { batchNorm } from '../autodiff/batch-norm.ts';
import { linear } from '../autodiff/linear.ts';
import type { Initializer, ParameterSet } from '../autodiff/parameters.ts';
import type { Tape } from '../autodiff/tape.ts';
import { colsOf, type Tensor } from '../autodiff/tensor.ts';
import { constant, uniformFanIn } from './initialize.ts';

/** The defaults of PyTorch's batch norm, which both the paper (silent) and the released code use. */
const BATCH_NORM = { epsilon: 1e-5, momentum: 0.1 } as const;

/**
 * A linear map with its parameters `<name>.weight` (dOut, dIn) and, if wanted, `<name>.bias` (dOut).
 *
 * @param x (…, dIn)
 * @returns (…, dOut)
 */
export function linearLayer(
  tape: Tape,
  parameters: ParameterSet,
  name: string,
  x: Tensor,
  dOut: number,
  options: { readonly bias?: boolean; readonly initialize?: Initializer } = {},
): Tensor {
  const dIn = colsOf(x);
  const uniform = uniformFanIn(dIn);
  const weight = parameters.parameter(`${name}.weight`, [dOut, dIn], options.initialize ?? uniform);
  const bias = options.bias ? parameters.parameter(`${name}.bias`, [dOut], uniform) : undefined;
  return linear(tape, x, weight, bias);
}

/**
 * A batch norm with its parameters `<name>.weight` (the gain, 1 at the start unless given) and `<name>.bias` (0), and
 * its statistics `<name>.running_mean` (0) and `<name>.running_var` (1).
 *
 * @param x (…, cols)
 * @returns the shape of x
 */
export function batchNormLayer(tape: Tape, parameters: ParameterSet, name: string, x: Tensor, initialGain = 1): Tensor {
  const shape = [colsOf(x)];
  const norm = {
    gain: parameters.parameter(`${name}.weight`, shape, constant(initialGain)),
    bias: parameters.parameter(`${name}.bias`, shape, constant(0)),
    runningMean: parameters.statistic(`${name}.running_mean`, shape, constant(0)),
    runningVariance: parameters.statistic(`${name}.running_var`, shape, constant(1)),
  };
  return batchNorm(tape, x, norm, BATCH_NORM);
}
