import type { NamedArrays } from '../tensor/named-arrays.ts';
import type { Compressor } from './compressor.ts';
import { METHODS, storedMethod } from './methods.ts';

/**
 * The compressor that `toNamedArrays` took apart, whatever its method.
 *
 * @throws {RangeError} if the method is unknown, or the arrays are not complete, of the right shape, and finite
 */
export function loadCompressor(arrays: NamedArrays): Compressor {
  const { method } = arrays.metadata;
  const entry = storedMethod(method);
  if (!entry) {
    const known = Object.values(METHODS).map(({ storedName }) => storedName);
    throw new RangeError(`loadCompressor: expected a model of method ${known.join(', ')}, got ${method}.`);
  }
  return entry.load(arrays);
}
