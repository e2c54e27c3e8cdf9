import { relu } from '../../autodiff/activation.ts';
import type { ParameterSet } from '../../autodiff/parameters.ts';
import { normalizeRows } from '../../autodiff/rows.ts';
import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { batchNormLayer, linearLayer } from '../../nn/layers.ts';
import { type NetworkKind, type NetworkSizes, requireSizes } from '../network/network.ts';

/** Sizes of a catalyst. Plain JSON, stored with a model. */
export interface CatalystConfig extends NetworkSizes {
  /** Columns of both hidden layers. */
  readonly hidden: number;
}

/**
 * The catalyst: twice linear map, batch norm, ReLU; then a linear map onto the unit sphere. Parameters `fc1`, `bn1`, `fc2`, `bn2`, `out`.
 *
 * Source: Sablayrolles et al. 2019, section 3.4.
 * Departs: no bias before a batch norm, which would cancel it.
 *
 * @param x (m, dIn)
 * @returns (m, dOut), rows of length 1
 */
export function catalyst(tape: Tape, parameters: ParameterSet, x: Tensor, { hidden, dOut }: CatalystConfig): Tensor {
  const first = linearLayer(tape, parameters, 'fc1', x, hidden); // (m, hidden)
  const second = linearLayer(tape, parameters, 'fc2', rectified('bn1', first), hidden); // (m, hidden)
  const out = linearLayer(tape, parameters, 'out', rectified('bn2', second), dOut, { bias: true }); // (m, dOut)
  return normalizeRows(tape, out); // (m, dOut)

  function rectified(name: string, y: Tensor): Tensor {
    return relu(tape, batchNormLayer(tape, parameters, name, y));
  }
}

export const CATALYST_KIND: NetworkKind<CatalystConfig> = {
  storedName: 'catalyst',
  record: catalyst,
  requireConfig: requireSizes('dIn', 'dOut', 'hidden'),
};
