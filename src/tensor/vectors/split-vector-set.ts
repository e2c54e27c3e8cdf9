import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { type SharedVectorSet, VectorSet, type VectorSetOptions, type VectorSource } from './vector-set.ts';
import type { SplitMatrix, Vectors } from './vectors.ts';

/** Vectors as points, wherever they lie; nothing lies beside those in several stores. */
export function vectorSource(vectors: Vectors, options: VectorSetOptions = {}): VectorSource {
  if (!('parts' in vectors)) return new VectorSet(vectors, options);
  const { spare: _spare, spareEach: _spareEach, ...ofParts } = options;
  return new SplitVectorSet(vectors.parts.map((part) => new VectorSet(part, ofParts)));
}

/**
 * Vectors in several stores. Points that are measured together are sorted by store, each store is called once, and the answers go
 * back to their places: the same bits as from one store, because no distance depends on what is measured beside it.
 *
 * Building HNSW (M = 16, efConstruction = 200) took 1.24 times as long from two stores as from one at 240 dimensions, 1.12 times at 960;
 * from one store as long as from a matrix.
 */
export class SplitVectorSet implements VectorSource {
  readonly size: number;
  readonly dim: number;
  readonly ids: Int32Array;
  readonly distances: Floats;
  readonly #sets: readonly VectorSet[];
  readonly #rowsEach: number;
  readonly #counts: Counts = { multiplyAdds: 0, distances: 0 };
  /** Where in `ids` the points of the present call stand. */
  readonly #places: Int32Array;

  /** @param sets of the same batch; all but the last of the same size */
  constructor(sets: readonly VectorSet[]) {
    const [first] = sets as [VectorSet, ...VectorSet[]];
    const batch = first.ids.length;
    this.size = sets.reduce((sum, { size }) => sum + size, 0);
    this.dim = first.dim;
    this.ids = new Int32Array(batch);
    this.distances = new Float32Array(batch);
    this.#sets = sets;
    this.#rowsEach = first.size;
    this.#places = new Int32Array(batch);
  }

  get backend(): Kernels['backend'] {
    return this.#sets[0]!.backend;
  }

  get vectors(): SplitMatrix {
    return { rows: this.size, cols: this.dim, parts: this.#sets.map(({ matrix }) => matrix) };
  }

  get counts(): Readonly<Counts> {
    return this.#counts;
  }

  /** For `attach` in another thread, store by store. @throws {Error} if the sets were made without attachable places */
  share(): readonly SharedVectorSet[] {
    return this.#sets.map((set) => set.share());
  }

  /** The vectors of a set of another thread, without a copy. @throws {RangeError} if there is no such place */
  static attach(shared: readonly SharedVectorSet[], slot: number): SplitVectorSet {
    return new SplitVectorSet(shared.map((set) => VectorSet.attach(set, slot)));
  }

  setQuery(vectors: Float32Array, offset: number): void {
    for (const set of this.#sets) set.setQuery(vectors, offset);
  }

  setQueryRow(row: number): void {
    const owner = this.#ownerOf(row);
    const own = row % this.#rowsEach;
    for (const set of this.#sets) {
      if (set === owner) set.setQueryRow(own);
      else set.setQuery(owner.matrix.data, own * this.dim);
    }
  }

  measure(count: number): void {
    let first = 0;
    for (const set of this.#sets) {
      const found = this.#gather(set, first, count);
      if (found > 0) set.measure(found);
      this.#scatter(set, found);
      first += set.size;
    }
    this.#count(count);
  }

  measureFrom(row: number, count: number): void {
    const owner = this.#ownerOf(row);
    const own = row % this.#rowsEach;
    let first = 0;
    for (const set of this.#sets) {
      const found = this.#gather(set, first, count);
      if (found > 0) {
        if (set === owner) set.measureFrom(own, found);
        else set.measureVector(owner.matrix.data, own * this.dim, found);
      }
      this.#scatter(set, found);
      first += set.size;
    }
    this.#count(count);
  }

  #ownerOf(row: number): VectorSet {
    return this.#sets[Math.floor(row / this.#rowsEach)]!;
  }

  /** The points of this set, whose first is `first`, become those of its next call. @returns how many */
  #gather({ ids: own, size }: VectorSet, first: number, count: number): number {
    const { ids } = this;
    const places = this.#places;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const row = ids[i]! - first;
      if (row < 0 || row >= size) continue;
      own[found] = row;
      places[found++] = i;
    }
    return found;
  }

  #scatter({ distances: own }: VectorSet, count: number): void {
    const { distances } = this;
    const places = this.#places;
    for (let i = 0; i < count; i++) distances[places[i]!] = own[i]!;
  }

  #count(count: number): void {
    this.#counts.distances += count;
    this.#counts.multiplyAdds += count * this.dim;
  }
}
