import type { LayeredGraph } from '../../graph/adjacency.ts';
import { CandidatePool } from '../../graph/candidate-pool.ts';
import { type SearchTrace, searchGraph, VisitedSet } from '../../graph/search.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import type { WalkedSource } from '../../tensor/vectors/vector-set.ts';
import { type SharedLinks, WasmGraphSearch } from './wasm-graph-search.ts';

/** How a graph is searched from the query that its points were given. */
export interface GraphSearch {
  /** What the last search found, nearest first. */
  readonly pool: CandidatePool;
  /** The approximately nearest points, as many as ef. @returns hops */
  run(ef: number, trace?: SearchTrace): number;
}

/** A search of an HNSW graph: in WebAssembly where the memory of the points has room for the links, otherwise in JavaScript. */
export class LayeredSearch implements GraphSearch {
  readonly pool = new CandidatePool();
  readonly #graph: LayeredGraph;
  readonly #source: DistanceSource;
  readonly #visited: VisitedSet;
  /** Made when first asked for. */
  #wasm: WasmGraphSearch | undefined;
  #triedWasm = false;

  /** @param links what `shareLinks` gave in the thread that has made the points */
  constructor(graph: LayeredGraph, source: DistanceSource, links?: SharedLinks) {
    this.#graph = graph;
    this.#source = source;
    this.#visited = new VisitedSet(graph.size);
    if (!links || !isWalked(source)) return;
    this.#wasm = WasmGraphSearch.attach(graph, source, links);
    this.#triedWasm = true;
  }

  run(ef: number, trace?: SearchTrace): number {
    const wasm = trace ? undefined : this.#madeWasm();
    return wasm?.holds(ef) ? wasm.search(ef, this.pool) : this.#searchInJs(ef, trace);
  }

  /** The links beside the points, for searches in other threads; `undefined` where there are none. */
  shareLinks(): SharedLinks | undefined {
    return this.#madeWasm()?.share();
  }

  #madeWasm(): WasmGraphSearch | undefined {
    const source = this.#source;
    if (!this.#triedWasm) {
      this.#triedWasm = true;
      this.#wasm = isWalked(source) ? WasmGraphSearch.over(this.#graph, source) : undefined;
    }
    return this.#wasm;
  }

  #searchInJs(ef: number, trace: SearchTrace | undefined): number {
    const state = { source: this.#source, pool: this.pool, visited: this.#visited };
    return searchGraph(this.#graph, ef, state, trace);
  }
}

/** Vectors split over several memories cannot be searched in WebAssembly. */
function isWalked(source: DistanceSource): source is WalkedSource {
  return 'walkLayer' in source;
}
