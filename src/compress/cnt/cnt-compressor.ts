import type { NamedArrays } from '../../tensor/named-arrays.ts';
import type { NetworkFamily } from '../network/network.ts';
import { NetworkCompressor, type NetworkModel, readNetworkModel } from '../network/network-compressor.ts';
import { INRP_KINDS, type InrpNetwork } from './inrp-network.ts';

/** What a CNT compressor is made of. */
export interface CntModel extends NetworkModel {
  readonly network: InrpNetwork;
}

const FAMILY: NetworkFamily = { type: 'CntCompressor', model: 'CNT model', kinds: INRP_KINDS };

/**
 * A trained CNT, or the linear map that is its control.
 *
 * @category Compress
 */
export class CntCompressor extends NetworkCompressor {
  /** @throws {RangeError} if a parameter is missing, unknown, of another shape, or not finite */
  constructor(model: CntModel) {
    super(model, FAMILY);
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays` */
  static fromNamedArrays(arrays: NamedArrays): CntCompressor {
    return new CntCompressor(readNetworkModel(arrays, FAMILY) as CntModel);
  }
}
