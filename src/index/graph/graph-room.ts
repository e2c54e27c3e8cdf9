import type { BackendChoice } from '../../../kernels/backend.ts';
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
