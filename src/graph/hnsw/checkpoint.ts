import { type Counts, totalWork } from '../../../kernels/operands.ts';
import { restored } from '../../tensor/checkpoint-error.ts';
import {
  type Archive,
  type JsonObject,
  type NamedArray,
  requireArray,
  requireInteger,
} from '../../tensor/named-arrays.ts';
import type { Adjacency } from '../adjacency.ts';
import type { HnswDraft } from './insertion.ts';

/** Where a graph under construction is stored, so that an interrupted build can resume. */
export interface HnswCheckpoints {
  /** Names the points, as a digest does; asked for before the first checkpoint is compared or stored. */
  input(): string;
  /** What an earlier run stored of the same graph; if absent, the build starts from the first point. */
  readonly last?: Archive | undefined;
  /** Asked between points, or between batches: whether to store now. */
  due(): boolean;
  /** Must be done with the arrays when it resolves: they change as the build goes on. Also called when the signal aborts. */
  store(checkpoint: Archive): Promise<void>;
}

const KIND = 'hnsw-checkpoint';
const WHERE = 'HNSW checkpoint';

/** The draft, how many points it holds, and the work so far: all that a resumed build needs. */
export class HnswProgress {
  /** How many points of the order are in the graph. */
  readonly done: number;
  /** Work of earlier runs. */
  readonly before: Counts;
  readonly #draft: HnswDraft;
  readonly #plan: JsonObject;
  readonly #checkpoints: HnswCheckpoints | undefined;
  readonly #signal: AbortSignal | undefined;
  #input: string | undefined;

  /**
   * Fills the draft, which is empty, from the last checkpoint.
   *
   * @param plan all that the graph depends on besides the points
   * @throws {CheckpointError} if the checkpoint is of another graph, or damaged
   */
  constructor(
    draft: HnswDraft,
    plan: JsonObject,
    { checkpoints, signal }: { readonly checkpoints?: HnswCheckpoints; readonly signal?: AbortSignal },
  ) {
    const last = checkpoints?.last;
    this.#draft = draft;
    this.#plan = plan;
    this.#checkpoints = checkpoints;
    this.#signal = signal;
    this.done = last ? restored(() => restore(last, draft, this.#key())) : 0;
    this.before = last ? countsOf(last.parameters) : { distances: 0, multiplyAdds: 0 };
  }

  /** Whether an abort must wait for `pass`, which stores the graph first. */
  get keeps(): boolean {
    return this.#checkpoints !== undefined;
  }

  /**
   * Between two points or batches: stores when that is due, or when the signal has aborted.
   *
   * @param work of this run so far
   * @throws the signal's reason, when it has aborted
   */
  async pass(done: number, work: Counts): Promise<void> {
    const aborted = this.#signal?.aborted ?? false;
    if (this.#checkpoints && (aborted || this.#checkpoints.due())) {
      await this.#checkpoints.store(this.#take(done, work));
    }
    this.#signal?.throwIfAborted();
  }

  #key(): JsonObject {
    this.#input ??= this.#checkpoints!.input();
    return { ...this.#plan, input: this.#input };
  }

  #take(done: number, work: Counts): Archive {
    const { graph, lengths, settled } = this.#draft;
    const { distances, multiplyAdds } = totalWork(this.before, work);
    const state = { done, entry: graph.entry, maxLevel: graph.maxLevel, distances, multiplyAdds };
    const arrays = new Map<string, NamedArray>();
    for (const [side, { name, layer }] of sidesOf(this.#draft).entries()) {
      const shape = [layer.lists, layer.capacity];
      arrays.set(`${name}/links`, { shape, data: layer.links });
      arrays.set(`${name}/lengths`, { shape, data: lengths[side]! });
      arrays.set(`${name}/settled`, { shape: [layer.lists], data: settled[side]! });
    }
    return { kind: KIND, parameters: { ...this.#key(), ...state }, arrays };
  }
}

function sidesOf({ graph }: HnswDraft): readonly { readonly name: string; readonly layer: Adjacency }[] {
  return [
    { name: 'base', layer: graph.base },
    { name: 'upper', layer: graph.upper },
  ];
}

/** @returns how many points are in the graph */
function restore({ kind, parameters, arrays }: Archive, draft: HnswDraft, key: JsonObject): number {
  if (kind !== KIND) throw new RangeError(`${WHERE}: expected an archive of kind ${KIND}, got ${kind}.`);
  for (const [name, value] of Object.entries(key)) {
    if (parameters[name] === value) continue;
    const got = JSON.stringify(parameters[name]) ?? 'nothing';
    throw new RangeError(
      `${WHERE}: expected one of a graph with ${name} ${JSON.stringify(value)}, got ${got}; resume with the same data and options.`,
    );
  }
  const { graph, lengths, settled } = draft;
  for (const [side, { name, layer }] of sidesOf(draft).entries()) {
    const shape = [layer.lists, layer.capacity];
    layer.links.set(requireArray(arrays, `${name}/links`, 'int32', shape, WHERE).data);
    lengths[side]!.set(requireArray(arrays, `${name}/lengths`, 'float32', shape, WHERE).data);
    settled[side]!.set(requireArray(arrays, `${name}/settled`, 'int32', [layer.lists], WHERE).data);
    requireLists(layer, settled[side]!, graph.size);
  }
  const maxLevel = requireInteger(parameters, 'maxLevel', -1, 2 ** 31 - 1, WHERE);
  const entry = requireInteger(parameters, 'entry', -1, graph.size - 1, WHERE);
  if ((entry < 0 ? -1 : graph.levels[entry]) !== maxLevel) {
    throw new RangeError(`${WHERE}: expected "entry" to be on level ${maxLevel}, got point ${entry}.`);
  }
  graph.maxLevel = maxLevel;
  graph.entry = entry;
  return requireInteger(parameters, 'done', 0, graph.size, WHERE);
}

/** Ids of points, then only -1; sets the degrees. */
function requireLists({ links, degrees, lists, capacity }: Adjacency, settled: Int32Array, size: number): void {
  for (let list = 0; list < lists; list++) {
    let degree = 0;
    for (let i = list * capacity; i < (list + 1) * capacity; i++) {
      const id = links[i]!;
      const fits = id === -1 || (id >= 0 && id < size && i === list * capacity + degree);
      if (!fits) throw new RangeError(`${WHERE}: expected ids from 0 to ${size - 1}, then -1, got ${id}.`);
      if (id >= 0) degree++;
    }
    if (settled[list]! < 0 || settled[list]! > degree) {
      throw new RangeError(`${WHERE}: expected at most ${degree} links chosen together, got ${settled[list]}.`);
    }
    degrees[list] = degree;
  }
}

function countsOf(parameters: JsonObject): Counts {
  return {
    distances: requireInteger(parameters, 'distances', 0, Number.MAX_SAFE_INTEGER, WHERE),
    multiplyAdds: requireInteger(parameters, 'multiplyAdds', 0, Number.MAX_SAFE_INTEGER, WHERE),
  };
}
