import { squaredDistance } from '../../../kernels/distance/reference.ts';
import { nearestCentroid } from '../k-means/reference.ts';

/*
 * Product quantization as printed: the definition of `ProductQuantizer`'s codes and distances.
 *
 * Source: Jégou, Douze & Schmid 2011, sections II-B and III-A.
 * Departs: of equally near centroids the first counts; sums are in float32.
 */

/** Of each of the m parts of a vector, the centroids that stand for it. */
export type ReferenceCodebooks = readonly (readonly Float32Array[])[];

/** q(x), Eq. 8: of each part of x the number of its nearest centroid. */
export function encodeReference(x: Float32Array, codebooks: ReferenceCodebooks): number[] {
  return codebooks.map((codebook, s) => nearestCentroid(partOf(x, s, codebooks.length), codebook).id);
}

/** Asymmetric distance computation, Eq. 13, squared: x itself from what the code stands for, part by part. */
export function adcReference(x: Float32Array, code: ArrayLike<number>, codebooks: ReferenceCodebooks): number {
  let sum = 0;
  for (const [s, codebook] of codebooks.entries()) {
    const part = partOf(x, s, codebooks.length);
    sum = Math.fround(sum + squaredDistance(part, 0, codebook[code[s]!]!, 0, part.length, Math.fround));
  }
  return sum;
}

/** u_s(x): part s of m. */
function partOf(x: Float32Array, s: number, m: number): Float32Array {
  return x.subarray((s * x.length) / m, ((s + 1) * x.length) / m);
}
