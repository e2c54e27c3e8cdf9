import type { NamedArrays } from '../../tensor/named-arrays.ts';
import type { NetworkFamily } from '../network/network.ts';
import { NetworkCompressor, type NetworkModel, readNetworkModel } from '../network/network-compressor.ts';
import { VAE_KIND } from './vae.ts';

const FAMILY: NetworkFamily = {
  type: 'VaeCompressor',
  model: 'VAE model',
  kinds: { vae: VAE_KIND },
};

/**
 * The encoder of a trained VAE: the features of a vector are the mean of its code.
 *
 * @category Compress
 */
export class VaeCompressor extends NetworkCompressor {
  /** @throws {RangeError} if a parameter is missing, unknown, of another shape, or not finite */
  constructor(model: NetworkModel) {
    super(model, FAMILY);
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays` */
  static fromNamedArrays(arrays: NamedArrays): VaeCompressor {
    return new VaeCompressor(readNetworkModel(arrays, FAMILY));
  }
}
