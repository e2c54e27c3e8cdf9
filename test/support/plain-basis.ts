import type { Basis } from '../../src/quantize/regression/neighbor-basis.ts';

/** A basis of given vectors. @param data (rows, vectors, dim) */
export function plainBasis(data: Float32Array, rows: number, vectors: number, dim: number): Basis {
  const length = vectors * dim;
  return { rows, vectors, dim, fill: (row, out) => out.set(data.subarray(row * length, (row + 1) * length)) };
}
