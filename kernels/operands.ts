/** What all kernels read and write. */

/** float32 in practice; float64 for gradient checks and audits. */
export type Floats = Float32Array | Float64Array;

/** Rounds the result of one arithmetic operation: `Math.fround` for float32, the identity for float64. */
export type Round = (value: number) => number;

/** Work done so far, counted per call and not per instruction, so the same on every backend. */
export interface Counts {
  /** Multiply-adds of matrix products, attention and distances (one per dimension and pair). */
  multiplyAdds: number;
  /** Squared distances between two vectors. */
  distances: number;
}

/** The work between two readings of the same counts. */
export function workSince(before: Readonly<Counts>, now: Readonly<Counts>): Counts {
  return { distances: now.distances - before.distances, multiplyAdds: now.multiplyAdds - before.multiplyAdds };
}

/** The work of two parties. */
export function totalWork(a: Readonly<Counts>, b: Readonly<Counts>): Counts {
  return { distances: a.distances + b.distances, multiplyAdds: a.multiplyAdds + b.multiplyAdds };
}
