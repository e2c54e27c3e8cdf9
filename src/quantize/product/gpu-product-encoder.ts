import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { GpuAssignment } from '../k-means/gpu-assignment.ts';
import { NearestCentroids } from '../k-means/nearest-centroids.ts';
import type { Codebooks } from './product-encoder.ts';

/** Rows encoded at a time: enough to be worth the cost of a launch. */
const BLOCK_ROWS = 65_536;

/** `ProductEncoder` with the distances on a GPU: the same codes. */
export class GpuProductEncoder {
  /** The most rows of one call. */
  readonly capacity: number;
  readonly #quantizer: Codebooks;
  readonly #search: NearestCentroids;
  readonly #assignment: GpuAssignment;

  /** @param rows how many will be encoded in all */
  constructor(device: GpuDevice, quantizer: Codebooks, rows: number) {
    const { partDim, centroids } = quantizer;
    this.capacity = Math.min(rows, BLOCK_ROWS);
    this.#quantizer = quantizer;
    this.#search = new NearestCentroids(this.capacity, partDim, centroids, {});
    this.#assignment = new GpuAssignment(device, this.#search, centroids);
  }

  /** numbers[target + r, s] = the nearest centroid to part s of row first + r, r < count; one number a byte. */
  async encode(x: Matrix, first: number, count: number, numbers: Uint8Array, target: number): Promise<void> {
    const { m, centroids, partDim, codebooks } = this.#quantizer;
    const length = centroids * partDim;
    const { ids } = this.#search;
    for (let s = 0; s < m; s++) {
      this.#search.load(x, first, count, s * partDim);
      await this.#assignment.load(count);
      await this.#assignment.findIds(codebooks.subarray(s * length, (s + 1) * length));
      for (let row = 0; row < count; row++) numbers[(target + row) * m + s] = ids[row]!;
    }
  }

  /** Gives back the memory on the device. */
  close(): void {
    this.#assignment.close();
  }
}
