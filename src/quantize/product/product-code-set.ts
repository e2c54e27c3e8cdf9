import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { TABLE_STRIDE } from '../../../kernels/table-scan/reference.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import type { ProductQuantizer } from './product-quantizer.ts';

export interface ProductCodeSetOptions {
  readonly backend?: BackendChoice;
  /** The most codes that one call measures, 256 if not given. */
  readonly batch?: number;
  /** The vectors that were encoded: `setQueryRow` then asks for them and not for what their codes stand for. */
  readonly originals?: Matrix;
}

/**
 * Product codes in the place of vectors. A query is compared by its distance table (ADC), two codes by a table of centroid
 * distances (SDC).
 *
 * Source: Jégou, Douze & Schmid 2011, section III-A.
 */
export class ProductCodeSet implements DistanceSource {
  readonly size: number;
  readonly dim: number;
  readonly ids: Int32Array;
  readonly distances: Floats;
  readonly quantizer: ProductQuantizer;
  readonly #kernels: Kernels;
  readonly #codes: Uint8Array;
  readonly #codebooks: Floats;
  readonly #query: Floats;
  readonly #table: Floats;
  /** The part of the table of each sub-quantizer. */
  readonly #parts: readonly Floats[];
  readonly #rowTable: Floats;
  readonly #originals: Matrix | undefined;
  /** Built when two codes are compared for the first time. */
  #symmetric: Float32Array | undefined;

  /** @param numbers (rows, m), the unpacked codes: one number a byte; copied */
  constructor(quantizer: ProductQuantizer, numbers: Uint8Array, options: ProductCodeSetOptions = {}) {
    const { m, dim, centroids, codebooks } = quantizer;
    const { batch = 256, backend = 'auto', originals } = options;
    const [kernels, arrays] = kernelsFor({ backend }, ({ floats, ints, bytes }) => ({
      ids: ints(batch),
      distances: floats(batch),
      codes: bytes(numbers.length),
      codebooks: floats(codebooks.length),
      query: floats(dim),
      table: floats(m * TABLE_STRIDE),
      rowTable: floats(m * TABLE_STRIDE),
    }));
    arrays.codes.set(numbers);
    arrays.codebooks.set(codebooks);
    this.quantizer = quantizer;
    this.size = numbers.length / m;
    this.dim = dim;
    this.ids = arrays.ids;
    this.distances = arrays.distances;
    this.#kernels = kernels;
    this.#codes = arrays.codes;
    this.#codebooks = arrays.codebooks;
    this.#query = arrays.query;
    this.#table = arrays.table;
    this.#rowTable = arrays.rowTable;
    this.#parts = Array.from({ length: m }, (_, s) =>
      this.#table.subarray(s * TABLE_STRIDE, s * TABLE_STRIDE + centroids),
    );
    this.#originals = originals;
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.#kernels.backend;
  }

  get asymmetric(): boolean {
    return this.#originals !== undefined;
  }

  get counts(): Readonly<Counts> {
    return this.#kernels.counts;
  }

  /** The query becomes the `dim` numbers from `offset`: fills its distance table. */
  setQuery(vectors: Float32Array, offset: number): void {
    const query = this.#query;
    for (let i = 0; i < this.dim; i++) query[i] = vectors[offset + i]!;
    const { m, centroids, partDim } = this.quantizer;
    for (let s = 0; s < m; s++) {
      const part = this.#parts[s]!;
      this.#kernels.squaredDistanceScan(part, query, s * partDim, this.#codebooks, s * centroids, centroids, partDim);
    }
  }

  setQueryRow(row: number): void {
    if (this.#originals) this.setQuery(this.#originals.data, row * this.dim);
    else this.#copyRowTable(this.#table, row);
  }

  measure(count: number): void {
    this.#kernels.tableSums(this.distances, this.#table, this.#codes, this.ids, count, this.quantizer.m);
  }

  measureFrom(row: number, count: number): void {
    this.#copyRowTable(this.#rowTable, row);
    this.#kernels.tableSums(this.distances, this.#rowTable, this.#codes, this.ids, count, this.quantizer.m);
  }

  /** distances[i] = |query - code first + i|², i < count, at most a batch. */
  scan(first: number, count: number): void {
    this.#kernels.tableSumScan(this.distances, this.#table, this.#codes, first, count, this.quantizer.m);
  }

  /** The table of the distances from what the code of a row stands for. */
  #copyRowTable(table: Floats, row: number): void {
    const { m, centroids } = this.quantizer;
    this.#symmetric ??= this.quantizer.symmetricTables();
    for (let s = 0; s < m; s++) {
      const from = (s * centroids + this.#codes[row * m + s]!) * TABLE_STRIDE;
      table.set(this.#symmetric.subarray(from, from + centroids), s * TABLE_STRIDE);
    }
  }
}
