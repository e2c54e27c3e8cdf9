import type { BackendChoice } from '../../../kernels/backend.ts';
import type { KnnGraph } from '../../graph/knn/knn-graph.ts';
import { ExactSearch } from '../../tensor/nearest/exact-search.ts';
import { requireBase, rowBlocks, type Vectors } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';

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
 *
 * @category Graphs
 */
export async function exactKnnGraph(vectors: Vectors, K: number, options: ExactKnnOptions = {}): Promise<KnnGraph> {
  requireBase(vectors, 'exactKnnGraph');
  requireWhole('exactKnnGraph', 'K', K, 1);
  const { rows } = vectors;
  const { onProgress, signal, backend = 'auto', threads = 1 } = options;
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
        if (found.ids.data[place] === row) continue; // among many copies the point itself may be missing; then the last is too many
        ids[target] = found.ids.data[place]!;
        distances[target++] = found.distances.data[place]!;
      }
    }
    onProgress?.(first + count, rows);
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  search.close();
  return { rows, K: width, ids, distances, counts };
}
