import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { buildHnsw, type HnswOptions } from '../../graph/hnsw/build.ts';
import { hnswProfiles } from '../../graph/hnsw/profile.ts';
import { requireNamed } from '../../tensor/options.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { requireBase, type Vectors } from '../../tensor/vectors/vectors.ts';
import type { SavedGraph } from './graph-archive.ts';
import { wasmSearchRoom, wasmSearchRoomEach } from './wasm-graph-search.ts';

/** What computes. */
export interface Engine {
  readonly backend: BackendChoice;
  readonly threads: number;
}

/**
 * Options of points that a graph is searched over: they take a whole neighbor list and one point more a call, and have room for a
 * search in WebAssembly, here and in the other threads.
 */
export function graphRoom(rows: number, M: number, { backend, threads }: Engine) {
  return {
    backend,
    batch: Math.max(256, 2 * M + 1),
    attachable: threads - 1,
    spare: wasmSearchRoom(rows, 2 * M, M),
    spareEach: wasmSearchRoomEach(rows, 2 * M),
  };
}

/**
 * An HNSW graph as an index keeps it. Where the profile has it so, identical points are one point of the graph.
 *
 * @param graphDim numbers of a vector that the points stand for
 * @param findCopies gives the representative of each row, or `undefined` where all differ
 * @throws as `buildHnsw`
 */
export async function buildGraph(
  points: DistanceSource,
  options: Omit<HnswOptions, 'representatives'>,
  graphDim: number,
  findCopies: () => Int32Array | undefined,
): Promise<{ readonly saved: SavedGraph; readonly counts: Counts }> {
  const { M, efConstruction, profile = 'canonical', seed = 1 } = options;
  const { extendCandidates = false, keepPrunedConnections = false } = options;
  const representatives = requireNamed('buildHnsw', 'profile', hnswProfiles, profile).collapsesCopies
    ? findCopies()
    : undefined;
  const { graph, counts } = await buildHnsw(points, representatives ? { ...options, representatives } : options);
  const parameters = { M, efConstruction, profile, seed, extendCandidates, keepPrunedConnections, graphDim };
  return { saved: { graph, parameters, representatives }, counts };
}

/** @throws {RangeError} if what a graph is built on or walked over has other rows than the base that is searched */
export function requireSameRows(which: 'graph' | 'walk', { rows }: Vectors, base: Vectors, where: string): void {
  if (rows === base.rows) return;
  throw new RangeError(`${where}: expected a ${which} base of ${base.rows} rows, got ${rows}.`);
}

/** @throws {RangeError} if a graph of so many points cannot be searched over these vectors: other rows, or values that are not finite */
export function requireSearchable(base: Vectors, points: number, where: string): void {
  if (base.rows !== points) throw new RangeError(`${where}: expected ${points} rows, got ${base.rows}.`);
  requireBase(base, where);
}
