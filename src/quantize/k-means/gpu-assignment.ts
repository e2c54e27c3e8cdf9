import type { GpuDevice, GpuMatrix } from '../../../kernels/gpu/device.ts';
import { transpose } from '../../../kernels/gpu/transpose.ts';
import { nearestRows } from '../../../kernels/nearest-rows/gpu.ts';
import type { NearestCentroids } from './nearest-centroids.ts';

/** Distances on the device at a time: 1 GiB. */
const MOST_DISTANCES = 2 ** 28;
/** Columns of one launch are more; a multiple of four, which kernels take four at a time. */
const MOST_COLUMNS = 2 ** 19 - 8;

/**
 * The nearest centroid of each point of a `NearestCentroids`, **the same as it finds itself**, with the distances on a GPU: where two
 * centroids are too near to each other for the device's error bound, the CPU decides. Points stay on the device for all rounds.
 */
export class GpuAssignment {
  readonly #device: GpuDevice;
  readonly #search: NearestCentroids;
  readonly #columns: number;
  #blocks: { readonly first: number; readonly count: number; readonly points: GpuMatrix }[] = [];

  /** @param k the most centroids */
  constructor(device: GpuDevice, search: NearestCentroids, k: number) {
    this.#device = device;
    this.#search = search;
    const { capacity } = device;
    const room = Math.floor(Math.min(MOST_DISTANCES, capacity) / k);
    this.#columns = 4 * Math.max(1, Math.floor(Math.min(MOST_COLUMNS, room, capacity / search.dim) / 4));
  }

  /** Brings the first `count` points of the search to the device. */
  async load(count: number): Promise<void> {
    this.close();
    const { dim, points } = this.#search;
    for (let first = 0; first < count; first += this.#columns) {
      const rows = Math.min(this.#columns, count - first);
      const columns = 4 * Math.ceil(rows / 4);
      const values = new Float32Array(columns * dim);
      values.set(points.subarray(first * dim, (first + rows) * dim));
      const uploaded = await this.#device.upload(values, columns, dim);
      this.#blocks.push({ first, count: rows, points: await transpose(this.#device, uploaded) });
      this.#device.free(uploaded);
    }
  }

  /** Fills ids and distances of the search. @param centroids (k, dim) */
  async find(centroids: Float32Array): Promise<void> {
    await this.#each(centroids, (point, id) => this.#search.adopt(point, id));
  }

  /** Fills ids alone. @param centroids (k, dim) */
  async findIds(centroids: Float32Array): Promise<void> {
    const { ids } = this.#search;
    await this.#each(centroids, (point, id) => {
      if (id === undefined) this.#search.adopt(point, id);
      else ids[point] = id;
    });
  }

  /** Gives back the memory of the points. */
  close(): void {
    for (const { points } of this.#blocks) this.#device.free(points);
    this.#blocks = [];
  }

  /** @param settle is given the id of each point, or undefined where the device is not sure */
  async #each(centroids: Float32Array, settle: (point: number, id: number | undefined) => void): Promise<void> {
    const search = this.#search;
    const k = centroids.length / search.dim;
    const before = { ...search.counts };
    search.setCentroids(centroids);
    const resident = await this.#device.upload(centroids, k, search.dim);
    let total = 0;
    for (const { first, count, points } of this.#blocks) {
      const found = await this.#device.read(await nearestRows(this.#device, resident, points, 'assignment'));
      for (let i = 0; i < count; i++) settle(first + i, found[i]! >= 0 ? found[i]! : undefined);
      total += count;
    }
    this.#device.free(resident);
    search.countAs(before, total * k);
  }
}
