import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { linearLayer } from '../../nn/layers.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { requireDirections } from './pca-start.ts';

/**
 * The control that the paper lacks: a single linear map x -> W x, to be trained with the same loss as a CNT. Its
 * parameter is `W.weight` (dOut, dIn), uniform in ±1 / sqrt(dIn) at the start.
 *
 * @param x (m, dIn)
 * @returns (m, dOut)
 */
export function linearMap(tape: Tape, parameters: ParameterSet, x: Tensor, config: { readonly dOut: number }): Tensor {
  return linearLayer(tape, parameters, 'W', x, config.dOut); // (m, dOut)
}

/**
 * Changes the parameters so that the map begins as PCA: W = the first dOut principal directions.
 *
 * @param directions (at least dOut, dIn) orthonormal rows
 * @throws {RangeError} if `directions` does not fit
 */
export function startLinearMapAtPca(parameters: ParameterSet, directions: Matrix): void {
  const weight = parameters.get('W.weight');
  const [dOut = 0, dIn = 0] = weight.shape;
  requireDirections('startLinearMapAtPca', directions, dOut, dIn);
  weight.value.set(directions.data.subarray(0, dOut * dIn));
}
