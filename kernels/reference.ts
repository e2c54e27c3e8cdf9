import { referenceActivation } from './activation/reference.ts';
import { referenceAdamw } from './adamw/reference.ts';
import { referenceAttention } from './attention/reference.ts';
import { referenceBatchNorm } from './batch-norm/reference.ts';
import { referenceDistance } from './distance/reference.ts';
import { referenceElementwise } from './elementwise/reference.ts';
import { referenceExactSearch } from './exact-search/reference.ts';
import { referenceFinite } from './finite/reference.ts';
import { referenceGraphWalk } from './graph-walk/reference.ts';
import type { Kernels } from './kernels.ts';
import { referenceMatmul } from './matmul/reference.ts';
import { referenceNearestRows } from './nearest-rows/reference.ts';
import type { Counts, Round } from './operands.ts';
import { referencePairs } from './pairs/reference.ts';
import { referenceProductSearch } from './product-search/reference.ts';
import { referenceRowSums } from './row-sums/reference.ts';
import { referenceRows } from './rows/reference.ts';
import { referenceScalarCodes } from './scalar-codes/reference.ts';
import { referenceSgd } from './sgd/reference.ts';
import { requirePlaces } from './shared.ts';
import { referenceTableScan } from './table-scan/reference.ts';
import { referenceTopK } from './top-k/reference.ts';
import { referenceVariational } from './variational/reference.ts';

export type Precision = 'float32' | 'float64';

const identity: Round = (value) => value;

/**
 * The definitions themselves, over ordinary arrays.
 *
 * @param precision float32 rounds each operation as the SIMD version does; float64 runs the same loops unrounded
 * @param attachable other threads that can reach the operands, which are then made of shared memory
 */
export function bindReference(precision: Precision, attachable = 0): Kernels {
  const round = precision === 'float32' ? Math.fround : identity;
  const room = (bytes: number) => (attachable > 0 ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const counts: Counts = { multiplyAdds: 0, distances: 0 };
  return {
    backend: 'reference',
    precision,
    threads: 1,
    counts,
    floats: (length) =>
      precision === 'float32' ? new Float32Array(room(4 * length)) : new Float64Array(room(8 * length)),
    ints: (length) => new Int32Array(room(4 * length)),
    bytes: (length) => new Uint8Array(room(length)),
    room: () => Number.POSITIVE_INFINITY,
    close() {},
    share() {
      requirePlaces(attachable);
      return { backend: 'reference', attachable };
    },
    ...referenceDistance(round, counts),
    ...referenceGraphWalk(round, counts),
    ...referenceNearestRows(round, counts),
    ...referenceRowSums(),
    ...referenceTopK(),
    ...referenceExactSearch(round, counts),
    ...referenceProductSearch(round, counts),
    ...referenceTableScan(round, counts),
    ...referenceScalarCodes(round, counts),
    ...referenceMatmul(round, counts),
    ...referenceFinite(),
    ...referenceElementwise(round),
    ...referenceActivation(round),
    ...referenceBatchNorm(round),
    ...referenceAttention(round, counts),
    ...referencePairs(round, counts),
    ...referenceRows(round),
    ...referenceVariational(round),
    ...referenceSgd(round),
    ...referenceAdamw(round),
  };
}
