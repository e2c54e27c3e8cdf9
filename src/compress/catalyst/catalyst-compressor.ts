import type { NamedArrays } from '../../tensor/named-arrays.ts';
import { NetworkCompressor, type NetworkModel, readNetworkModel } from '../network/network-compressor.ts';

const NAMES = { type: 'CatalystCompressor', model: 'Catalyst model' } as const;

/** A trained catalyst: compressed vectors lie on the unit sphere. */
export class CatalystCompressor extends NetworkCompressor {
  /** @throws {RangeError} if a parameter is missing, unknown, of another shape, or not finite */
  constructor(model: NetworkModel) {
    super(model, NAMES);
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays` */
  static fromNamedArrays(arrays: NamedArrays): CatalystCompressor {
    return new CatalystCompressor(readNetworkModel(arrays, ['catalyst'], NAMES));
  }
}
