import type { NamedArrays } from '../../tensor/named-arrays.ts';
import type { NetworkFamily } from '../network/network.ts';
import { NetworkCompressor, type NetworkModel, readNetworkModel } from '../network/network-compressor.ts';
import { CATALYST_KIND } from './catalyst.ts';

const FAMILY: NetworkFamily = {
  type: 'CatalystCompressor',
  model: 'Catalyst model',
  kinds: { catalyst: CATALYST_KIND },
};

/**
 * A trained catalyst: compressed vectors lie on the unit sphere.
 *
 * @category Compress
 */
export class CatalystCompressor extends NetworkCompressor {
  /** @throws {RangeError} if a parameter is missing, unknown, of another shape, or not finite */
  constructor(model: NetworkModel) {
    super(model, FAMILY);
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays` */
  static fromNamedArrays(arrays: NamedArrays): CatalystCompressor {
    return new CatalystCompressor(readNetworkModel(arrays, FAMILY));
  }
}
