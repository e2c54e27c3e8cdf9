import type { Computing } from '../../../kernels/backend.ts';
import { squaredDistance } from '../../../kernels/distance/reference.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { TABLE_STRIDE, tableSum } from '../../../kernels/table-scan/reference.ts';
import { createMatrix, type Matrix, requireShape } from '../../tensor/matrix.ts';
import { type JsonObject, type NamedArray, requireArray, requireInteger } from '../../tensor/named-arrays.ts';
import { requireInRange } from '../../tensor/range.ts';
import { divisorsOf } from '../../tensor/whole-number.ts';
import { GpuProductEncoder } from './gpu-product-encoder.ts';
import { codeBytes, packCodes, unpackCodes } from './packed-codes.ts';
import { ProductEncoder } from './product-encoder.ts';

export interface ProductEncodeOptions extends Computing {
  /** Rows encoded so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Product quantizer: a vector is cut into m parts, and each part is replaced by the number of its nearest centroid in the codebook
 * of that part. Trained by `trainProduct`.
 *
 * Source: Jégou, Douze & Schmid 2011, section II. Defined by `reference.ts`. Methods are named as in nanopq: encode, decode, dtable,
 * adist.
 *
 * @category Quantizers
 */
export class ProductQuantizer {
  /** Numbers a vector. */
  readonly dim: number;
  /** Parts of a vector. */
  readonly m: number;
  /** Bits of a part's code, 1 to 8. */
  readonly bits: number;
  /** Centroids of a codebook, 2^bits. */
  readonly centroids: number;
  /** Numbers of a part, dim / m. */
  readonly partDim: number;
  /** (m, centroids, partDim). */
  readonly codebooks: Float32Array;

  /** @throws {RangeError} if the sizes do not fit, or a value is not finite */
  constructor(dim: number, m: number, bits: number, codebooks: Float32Array) {
    requireParts('ProductQuantizer', dim, m, bits);
    this.dim = dim;
    this.m = m;
    this.bits = bits;
    this.centroids = 2 ** bits;
    this.partDim = dim / m;
    requireInRange(createMatrix(m * this.centroids, this.partDim, codebooks), 'ProductQuantizer');
    this.codebooks = codebooks;
  }

  /** Bytes of a packed code. */
  get codeBytes(): number {
    return codeBytes(this.m, this.bits);
  }

  /**
   * The packed code of each row: the nearest centroid of each part, the smaller number of equals.
   *
   * @param x (n, dim)
   * @returns (n, codeBytes)
   * @throws {RangeError} if x has other than `dim` columns, or a value that is not finite
   */
  encode(x: Matrix, { onProgress, ...computing }: ProductEncodeOptions = {}): Uint8Array {
    this.#requireVectors(x, 'ProductQuantizer.encode');
    const numbers = new Uint8Array(x.rows * this.m);
    const encoder = new ProductEncoder(this, Math.max(1, x.rows), computing);
    for (const [first, count] of blocks(x.rows, encoder.capacity, onProgress)) {
      encoder.encode(x, first, count, numbers, first);
    }
    encoder.close();
    return packCodes(numbers, x.rows, this.m, this.bits);
  }

  /**
   * `encode` with the distances on a GPU: the same codes.
   *
   * @throws {RangeError} as `encode`
   */
  async encodeOnGpu(device: GpuDevice, x: Matrix, { onProgress }: ProductEncodeOptions = {}): Promise<Uint8Array> {
    this.#requireVectors(x, 'ProductQuantizer.encode');
    const numbers = new Uint8Array(x.rows * this.m);
    const encoder = new GpuProductEncoder(device, this, Math.max(1, x.rows));
    for (const [first, count] of blocks(x.rows, encoder.capacity, onProgress)) {
      await encoder.encode(x, first, count, numbers, first);
    }
    encoder.close();
    return packCodes(numbers, x.rows, this.m, this.bits);
  }

  /**
   * The vectors that packed codes stand for: their centroids, part after part.
   *
   * @param codes (n, codeBytes)
   * @returns (n, dim)
   * @throws {RangeError} if the codes are not whole
   */
  decode(codes: Uint8Array): Matrix {
    const { m, centroids, partDim, codebooks } = this;
    const rows = this.#rowsOf(codes, 'ProductQuantizer.decode');
    const numbers = unpackCodes(codes, rows, m, this.bits);
    const x = createMatrix(rows, this.dim);
    for (let i = 0; i < numbers.length; i++) {
      const at = ((i % m) * centroids + numbers[i]!) * partDim;
      x.data.set(codebooks.subarray(at, at + partDim), i * partDim);
    }
    return x;
  }

  /**
   * Squared distances of each part of the query from the centroids of that part.
   *
   * Source: Jégou, Douze & Schmid 2011, section III-A (asymmetric distance computation).
   *
   * @param query (dim)
   * @throws {RangeError} if the query has another length
   */
  dtable(query: Float32Array): DistanceTable {
    const { m, centroids, partDim, codebooks } = this;
    if (query.length !== this.dim) {
      throw new RangeError(`ProductQuantizer.dtable: expected a query of ${this.dim} numbers, got ${query.length}.`);
    }
    const table = new Float32Array(m * TABLE_STRIDE);
    for (let s = 0; s < m; s++) {
      for (let j = 0; j < centroids; j++) {
        const at = (s * centroids + j) * partDim;
        table[s * TABLE_STRIDE + j] = squaredDistance(query, s * partDim, codebooks, at, partDim, Math.fround);
      }
    }
    return new DistanceTable(this, table);
  }

  /**
   * Squared distances between the centroids of each part: symmetric distance computation, where both sides are codes.
   *
   * @returns (m, centroids, 256)
   */
  symmetricTables(): Float32Array {
    const { m, centroids, partDim, codebooks } = this;
    const tables = new Float32Array(m * centroids * TABLE_STRIDE);
    for (let i = 0; i < m * centroids; i++) {
      const first = (i - (i % centroids)) * partDim;
      for (let j = 0; j < centroids; j++) {
        const at = first + j * partDim;
        tables[i * TABLE_STRIDE + j] = squaredDistance(codebooks, i * partDim, codebooks, at, partDim, Math.fround);
      }
    }
    return tables;
  }

  /** The arrays and parameters of the quantizer in an archive. */
  toArrays(): { readonly arrays: ReadonlyMap<string, NamedArray>; readonly parameters: JsonObject } {
    const { m, bits, centroids, partDim, codebooks } = this;
    const arrays = new Map([['codebooks', { shape: [m, centroids, partDim], data: codebooks }]]);
    return { arrays, parameters: { m, bits } };
  }

  /**
   * The quantizer of `toArrays`.
   *
   * @throws {RangeError} at the first thing that does not fit
   */
  static fromArrays(
    arrays: ReadonlyMap<string, NamedArray>,
    parameters: JsonObject,
    dim: number,
    where: string,
  ): ProductQuantizer {
    const m = requireInteger(parameters, 'm', 1, dim, where);
    const bits = requireInteger(parameters, 'bits', 1, 8, where);
    requireParts(where, dim, m, bits);
    const { data } = requireArray(arrays, 'codebooks', 'float32', [m, 2 ** bits, dim / m], where);
    requireInRange(createMatrix(m * 2 ** bits, dim / m, data), where);
    return new ProductQuantizer(dim, m, bits, data);
  }

  #requireVectors(x: Matrix, where: string): void {
    requireShape(x, where);
    if (x.cols !== this.dim) throw new RangeError(`${where}: expected ${this.dim} columns, got ${x.cols}.`);
    requireInRange(x, where);
  }

  #rowsOf(codes: Uint8Array, where: string): number {
    const width = this.codeBytes;
    if (codes.length % width === 0) return codes.length / width;
    throw new RangeError(`${where}: expected codes of ${width} bytes, got ${codes.length} bytes in all.`);
  }
}

/** The distances of one query from all centroids. */
export class DistanceTable {
  readonly quantizer: ProductQuantizer;
  /** (m, 256), the places after the last centroid unused. */
  readonly entries: Float32Array;

  constructor(quantizer: ProductQuantizer, entries: Float32Array) {
    this.quantizer = quantizer;
    this.entries = entries;
  }

  /**
   * The squared distance of the query from each packed code: a sum of m entries of the table.
   *
   * @param codes (n, codeBytes)
   * @returns (n)
   * @throws {RangeError} if the codes are not whole
   */
  adist(codes: Uint8Array): Float32Array {
    const { m, bits, codeBytes: width } = this.quantizer;
    const rows = codes.length / width;
    if (!Number.isInteger(rows)) {
      throw new RangeError(`DistanceTable.adist: expected codes of ${width} bytes, got ${codes.length} bytes in all.`);
    }
    const numbers = unpackCodes(codes, rows, m, bits);
    return Float32Array.from({ length: rows }, (_, row) => tableSum(this.entries, numbers, row * m, m, Math.fround));
  }
}

/** The first row and the rows of each block; progress is told after each. */
function* blocks(rows: number, capacity: number, onProgress: ProductEncodeOptions['onProgress']) {
  for (let first = 0; first < rows; first += capacity) {
    const count = Math.min(capacity, rows - first);
    yield [first, count] as const;
    onProgress?.(first + count, rows);
  }
}

/** @throws {RangeError} unless m divides dim and the bits are from 1 to 8 */
export function requireParts(where: string, dim: number, m: number, bits: number): void {
  if (!Number.isSafeInteger(m) || m < 1 || dim % m !== 0) {
    throw new RangeError(`${where}: expected m to divide the ${dim} dimensions (${divisorsOf(dim)}), got ${m}.`);
  }
  if (!Number.isSafeInteger(bits) || bits < 1 || bits > 8) {
    throw new RangeError(`${where}: expected bits from 1 to 8, got ${bits}.`);
  }
}
