import { inSharedMemory } from '../../workers/shared-memory.ts';
import { LayeredGraph, type SharedGraph } from '../adjacency.ts';

/** A draft as a message to a worker. */
export interface SharedDraft {
  readonly graph: SharedGraph;
  readonly lengths: readonly [base: Float32Array, upper: Float32Array];
  readonly settled: readonly [base: Int32Array, upper: Int32Array];
}

/** An HNSW graph that is being built, and what is known of its links. */
export class HnswDraft {
  readonly graph: LayeredGraph;
  /** The squared length of each link, kept so that shrinking a list measures no link again. */
  lengths: readonly [base: Float32Array, upper: Float32Array];
  /** How many links at the head of each list were chosen together, so that none rules out another. */
  settled: readonly [base: Int32Array, upper: Int32Array];

  constructor(graph: LayeredGraph, known?: Pick<SharedDraft, 'lengths' | 'settled'>) {
    const { base, upper } = graph;
    this.graph = graph;
    this.lengths = known?.lengths ?? [new Float32Array(base.links.length), new Float32Array(upper.links.length)];
    this.settled = known?.settled ?? [new Int32Array(base.lists), new Int32Array(upper.lists)];
  }

  /** The draft for a worker's `attach`; it moves to shared memory the first time. */
  share(): SharedDraft {
    this.lengths = [inSharedMemory(this.lengths[0]), inSharedMemory(this.lengths[1])];
    this.settled = [inSharedMemory(this.settled[0]), inSharedMemory(this.settled[1])];
    return { graph: this.graph.share(), lengths: this.lengths, settled: this.settled };
  }

  static attach(shared: SharedDraft): HnswDraft {
    return new HnswDraft(LayeredGraph.attach(shared.graph), shared);
  }
}
