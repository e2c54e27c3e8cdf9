import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { ExactSearch } from '../../tensor/nearest/exact-search.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import type { DistanceSource } from '../../tensor/vectors/vector-set.ts';
import { requireFiniteVectors, rowBlocks, type Vectors } from '../../tensor/vectors/vectors.ts';

/** The K nearest other points of each point, nearest first by (distance, id): all lists full, none with the point itself. */
export interface KnnGraph {
  readonly rows: number;
  /** As asked for, or rows - 1 where there are not more. */
  readonly K: number;
  /** (rows, K). */
  readonly ids: Int32Array;
  /** (rows, K), squared. */
  readonly distances: Float32Array;
  /** Work of finding them. */
  readonly counts: Counts;
}

export interface ExactKnnOptions {
  readonly backend?: BackendChoice;
  /** Threads that compare, 1 if not given; the graph does not depend on it. */
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Rows between two turns of the event loop: a second at most on 100,000 rows of 256 dimensions. */
const BLOCK_ROWS = 128;

/**
 * The exact k-nearest-neighbor graph, by comparing all pairs: the truth for `nnDescent`, and cheaper than it for few rows.
 *
 * @param K neighbors of each point, from 1
 * @throws {RangeError} if K is no positive whole number, or a value is not finite
 * @throws the signal's reason, when it aborts
 */
export async function exactKnnGraph(vectors: Vectors, K: number, options: ExactKnnOptions = {}): Promise<KnnGraph> {
  if (!Number.isSafeInteger(K) || K < 1) {
    throw new RangeError(`exactKnnGraph: expected K to be a whole number from 1, got ${K}.`);
  }
  const { rows } = vectors;
  const { onProgress, signal, backend = 'auto', threads = 1 } = options;
  requireFiniteVectors(vectors, 'exactKnnGraph');
  const search = new ExactSearch(vectors, { backend, threads });
  const width = Math.max(0, Math.min(K, rows - 1));
  const ids = new Int32Array(rows * width);
  const distances = new Float32Array(rows * width);
  const counts = { distances: 0, multiplyAdds: 0 };
  for (const { first, matrix: block } of rowBlocks(vectors, 0, rows, BLOCK_ROWS)) {
    const count = block.rows;
    const found = search.search(block, width + 1);
    counts.distances += found.counts.distances;
    counts.multiplyAdds += found.counts.multiplyAdds;
    for (let row = first; row < first + count; row++) {
      let target = row * width;
      const begin = (row - first) * (width + 1);
      for (let place = begin; place <= begin + width && target < (row + 1) * width; place++) {
        if (found.ids[place] === row) continue; // among many copies the point itself may be missing; then the last is too many
        ids[target] = found.ids[place]!;
        distances[target++] = found.distances[place]!;
      }
    }
    onProgress?.(first + count, rows);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  search.close();
  return { rows, K: width, ids, distances, counts };
}

/**
 * The exact k-nearest-neighbor graph of few points, whatever they are stored as.
 *
 * @param K neighbors of each point, from 1
 */
export function completeKnnGraph(source: DistanceSource, K: number): KnnGraph {
  const rows = source.size;
  const width = Math.max(0, Math.min(K, rows - 1));
  const ids = new Int32Array(rows * width);
  const distances = new Float32Array(rows * width);
  const before = { ...source.counts };
  const top = new TopK(Math.max(1, width));
  for (let row = 0; row < rows && width > 0; row++) {
    for (let next = 0; next < rows; ) {
      let count = 0;
      for (; next < rows && count < source.ids.length; next++) if (next !== row) source.ids[count++] = next;
      source.measureFrom(row, count);
      for (let i = 0; i < count; i++) top.offer(source.distances[i]!, source.ids[i]!);
    }
    top.sortedInto(ids, distances, row * width);
  }
  const counts = {
    distances: source.counts.distances - before.distances,
    multiplyAdds: source.counts.multiplyAdds - before.multiplyAdds,
  };
  return { rows, K: width, ids, distances, counts };
}
