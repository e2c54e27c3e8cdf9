import type { NamedArrays } from '../tensor/named-arrays.ts';
import { CatalystCompressor } from './catalyst/catalyst-compressor.ts';
import { CntCompressor } from './cnt/cnt-compressor.ts';
import type { Compressor } from './compressor.ts';
import { PcaCompressor } from './projection/pca.ts';
import { SrpCompressor } from './projection/sparse-projection.ts';
import { VaeCompressor } from './vae/vae-compressor.ts';

const LOADERS: Readonly<Record<string, (arrays: NamedArrays) => Compressor>> = {
  cnt: CntCompressor.fromNamedArrays,
  'linear-inrp': CntCompressor.fromNamedArrays,
  pca: PcaCompressor.fromNamedArrays,
  srp: SrpCompressor.fromNamedArrays,
  vae: VaeCompressor.fromNamedArrays,
  catalyst: CatalystCompressor.fromNamedArrays,
};

/**
 * The compressor that `toNamedArrays` took apart, whatever its method.
 *
 * @throws {RangeError} if the method is unknown, or the arrays are not complete, of the right shape, and finite
 */
export function loadCompressor(arrays: NamedArrays): Compressor {
  const { method } = arrays.metadata;
  const load = method !== undefined && Object.hasOwn(LOADERS, method) ? LOADERS[method] : undefined;
  if (!load) {
    throw new RangeError(
      `loadCompressor: expected a model of method ${Object.keys(LOADERS).join(', ')}, got ${method}.`,
    );
  }
  return load(arrays);
}
