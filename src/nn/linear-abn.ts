import { hardswish } from '../autodiff/activation.ts';
import type { ParameterSet } from '../autodiff/parameters.ts';
import type { Tape } from '../autodiff/tape.ts';
import type { Tensor } from '../autodiff/tensor.ts';
import { batchNormLayer, linearLayer } from './layers.ts';

/**
 * Linear_ABN: linear map without bias, activation, batch norm, in that order.
 *
 * Source: "Lightweight designs" 1.
 * Departs: the paper does not name the activation; Hardswish is the released code's.
 *
 * @param names prefixes of the parameters of the linear map and of the batch norm
 * @param x (…, dIn)
 * @returns (…, dOut)
 */
export function linearAbn(
  tape: Tape,
  parameters: ParameterSet,
  names: { readonly linear: string; readonly batchNorm: string },
  x: Tensor,
  dOut: number,
): Tensor {
  const y = linearLayer(tape, parameters, names.linear, x, dOut); // (…, dOut)
  return batchNormLayer(tape, parameters, names.batchNorm, hardswish(tape, y)); // (…, dOut)
}
