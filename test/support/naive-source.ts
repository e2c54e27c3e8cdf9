import type { DistanceSource } from '../../src/tensor/vectors/distance-source.ts';

/** Vectors in ordinary arrays with a distance function of one's own: the oracle's source, and room for one more query. */
export class NaiveSource implements DistanceSource {
  readonly size: number;
  readonly ids: Int32Array;
  readonly distances: Float64Array;
  readonly counts = { distances: 0, multiplyAdds: 0 };
  readonly vectors: readonly ArrayLike<number>[];
  /** What the rows are as queries. */
  readonly originals: readonly ArrayLike<number>[];
  readonly asymmetric: boolean;
  query: ArrayLike<number> = [];

  constructor(vectors: readonly ArrayLike<number>[], batch = 256, originals = vectors) {
    this.vectors = vectors;
    this.originals = originals;
    this.asymmetric = originals !== vectors;
    this.size = vectors.length;
    this.ids = new Int32Array(batch);
    this.distances = new Float64Array(batch);
  }

  distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
    this.counts.distances++;
    this.counts.multiplyAdds += a.length;
    return sum;
  }

  setQueryRow(row: number): void {
    this.query = this.originals[row]!;
  }

  measure(count: number): void {
    for (let i = 0; i < count; i++) this.distances[i] = this.distance(this.query, this.vectors[this.ids[i]!]!);
  }

  measureFrom(row: number, count: number): void {
    for (let i = 0; i < count; i++) this.distances[i] = this.distance(this.vectors[row]!, this.vectors[this.ids[i]!]!);
  }
}
