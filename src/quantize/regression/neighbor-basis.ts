import type { Matrix } from '../../tensor/matrix.ts';
import type { ProductQuantizer } from '../product/product-quantizer.ts';

/** For each row, the vectors whose weighted sum approximates it. */
export interface Basis {
  readonly rows: number;
  /** Vectors of each row. */
  readonly vectors: number;
  /** Numbers a vector. */
  readonly dim: number;
  /** Writes the vectors of a row into `out` (vectors, dim). */
  fill(row: number, out: Float32Array): void;
}

/**
 * What the codes of a row and of its neighbors stand for: the row first, then its neighbors in their order; the row itself
 * stands in for each missing neighbor.
 *
 * Source: Douze, Sablayrolles & Jégou 2018 (refinement by regression); the missing neighbors as in faiss 1.7.3 `ReconstructFromNeighbors`.
 */
export class NeighborBasis implements Basis {
  readonly rows: number;
  readonly vectors: number;
  readonly dim: number;
  readonly #quantizer: ProductQuantizer;
  readonly #numbers: Uint8Array;
  readonly #links: Int32Array;

  /**
   * @param numbers (rows, m), the unpacked codes
   * @param links (rows, capacity), lists filled up with -1
   */
  constructor(quantizer: ProductQuantizer, numbers: Uint8Array, links: Int32Array, capacity: number) {
    this.rows = numbers.length / quantizer.m;
    this.vectors = capacity + 1;
    this.dim = quantizer.dim;
    this.#quantizer = quantizer;
    this.#numbers = numbers;
    this.#links = links;
  }

  fill(row: number, out: Float32Array): void {
    const degree = this.vectors - 1;
    this.#decode(row, out, 0);
    for (let i = 0; i < degree; i++) {
      const neighbor = this.#links[row * degree + i]!;
      const at = (i + 1) * this.dim;
      if (neighbor < 0) out.copyWithin(at, 0, this.dim);
      else this.#decode(neighbor, out, at);
    }
  }

  #decode(row: number, out: Float32Array, at: number): void {
    const { m, centroids, partDim, codebooks } = this.#quantizer;
    const numbers = this.#numbers;
    for (let s = 0; s < m; s++) {
      const from = (s * centroids + numbers[row * m + s]!) * partDim;
      const to = at + s * partDim;
      for (let j = 0; j < partDim; j++) out[to + j] = codebooks[from + j]!;
    }
  }
}

/** Checks that a basis belongs to the points. @throws {RangeError} if rows or dimensions differ */
export function requireBasis(points: Matrix, basis: Basis, where: string): void {
  if (points.rows === basis.rows && points.cols === basis.dim) return;
  throw new RangeError(
    `${where}: expected points of ${basis.rows} x ${basis.dim}, as the basis has, got ${points.rows} x ${points.cols}.`,
  );
}
