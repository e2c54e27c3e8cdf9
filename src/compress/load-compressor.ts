import { type NamedArrays, requireArrays } from '../tensor/named-arrays.ts';
import type { Compressor } from './compressor.ts';
import { METHODS, storedMethod } from './methods.ts';
import { NormalizingCompressor, withoutRecord } from './normalizing-compressor.ts';

/**
 * The compressor that `toNamedArrays` took apart, whatever its method.
 *
 * @throws {RangeError} if the method is unknown, or the arrays are not complete, of the right shape, and finite
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, generateManifold, loadCompressor, trainPca } from 'cnt-ann';
 *
 * const { base } = generateManifold({ rows: 100, queries: 1, dim: 16, seed: 1 });
 * const bytes = encodeSafetensors(trainPca(base, { dOut: 4 }).toNamedArrays()); // what a model's file holds
 * const compressor = loadCompressor(decodeSafetensors(bytes));
 * console.log(compressor.method, compressor.dIn, compressor.dOut); // pca 16 4
 * ```
 *
 * @category Compress
 */
export function loadCompressor(arrays: NamedArrays): Compressor {
  requireArrays(arrays, 'a model', 'loadCompressor');
  const { method } = arrays.metadata;
  const entry = storedMethod(method);
  if (!entry) {
    const known = Object.values(METHODS).map(({ storedName }) => storedName);
    throw new RangeError(`loadCompressor: expected a model of method ${known.join(', ')}, got ${method}.`);
  }
  const { model, normalizes } = withoutRecord(arrays);
  const compressor = entry.load(model);
  return normalizes ? new NormalizingCompressor(compressor) : compressor;
}
