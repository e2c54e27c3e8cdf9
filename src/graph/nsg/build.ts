import { type Counts, totalWork, workSince } from '../../../kernels/operands.ts';
import { requireNamed } from '../../tensor/options.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { shareSource } from '../../tensor/vectors/shared-source.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { withCrew } from '../../workers/crew.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { LayeredGraph } from '../adjacency.ts';
import type { KnnGraph } from '../knn/knn-graph.ts';
import { NeighborSelector } from '../select.ts';
import { choiceChunks, inSharedDraft, type KnnLists, type NsgDraft, nsgChoiceTask, searchedLists } from './choice.ts';
import { FlatSearch } from './flat-search.ts';
import { libraryRandom, nearestPoint, searchedPoint } from './navigating-point.ts';
import { type NsgProfile, type NsgProfileName, nsgProfiles } from './profile.ts';
import { SpanningTree } from './spanning-tree.ts';

export interface NsgOptions {
  /** Links of a point at most. From 1. */
  readonly R: number;
  /** Candidates kept during the search for a point's neighbors. From 1. */
  readonly L: number;
  /** Candidates that the choice of neighbors looks at, nearest first. From 1. */
  readonly C: number;
  /** `canonical` if not given. */
  readonly profile?: NsgProfileName;
  /** Threads that choose the links of points, 1 if not given; the graph does not depend on it. Links back are added by one. */
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A source that takes queries from outside, too. */
export interface QueriedSource extends DistanceSource {
  /** The query becomes the vector that begins at `offset`. */
  setQuery(vectors: Float32Array, offset: number): void;
}

export interface Nsg {
  /** One level; the entry is the navigating point. */
  readonly graph: LayeredGraph;
  /** How many points were out of reach of the entry, and had to be linked at the end. */
  readonly attached: number;
  /** Work of all threads. */
  readonly counts: Counts;
}

/**
 * Navigating spreading-out graph: from each point to some of those that a search for it meets, chosen by the occlusion rule, and back;
 * every search enters at the point nearest to the center, from which every other can be reached.
 *
 * Source: Fu, Xiang, Wang & Cai 2019, Algorithm 2. Defined by `reference.ts`, in the canonical profile.
 * Departs: a point is never its own candidate, and does not count among the C; ties go to the smaller id. Links back
 * (in the authors' code, not in the paper) are added point after point. The faiss profile: `profile.ts`.
 *
 * @param source must take K, R + 1 and 64 points a call
 * @param knn of the same points, exact or not; -1 and the point itself are skipped
 * @param center (d), the mean of all points: `centroid`
 * @throws {RangeError} if an option is out of its range, or the k-NN graph has other points
 * @throws the signal's reason, when it aborts
 *
 * @category Graphs
 */
export async function buildNsg(
  source: QueriedSource,
  knn: Pick<KnnGraph, 'rows' | 'K' | 'ids'>,
  center: Float32Array,
  options: NsgOptions,
): Promise<Nsg> {
  const { threads = 1, onProgress, signal } = options;
  const before = { ...source.counts };
  const builder = new NsgBuilder(source, knn, options);
  const yielder = new Yielder(() => source.counts, signal);
  builder.enter(center);
  const { draft } = builder;
  const share = () => ({ ...draft, graph: draft.graph.share(), source: shareSource(source) });
  const chunks = choiceChunks(source.size);
  const others = await withCrew(nsgChoiceTask, { ...draft, source }, share, threads, async (crew) => {
    await crew.run('choose', chunks, (begun) => {
      if (!yielder.due) return undefined;
      onProgress?.(Math.floor((begun / chunks) * source.size), source.size);
      return yielder.yield();
    });
    return crew.counts;
  });
  for (let point = 0; point < source.size; point++) {
    builder.linkBack(point);
    if (yielder.due) await yielder.yield();
  }
  const { graph, attached } = await builder.complete(yielder);
  onProgress?.(source.size, source.size);
  return { graph, attached, counts: totalWork(workSince(before, source.counts), others) };
}

/** The steps that one thread does, point after point, because each depends on the links so far. */
class NsgBuilder {
  readonly draft: NsgDraft;
  readonly #source: QueriedSource;
  readonly #profile: NsgProfile;
  readonly #random = libraryRandom();
  readonly #search: FlatSearch;
  readonly #selector: NeighborSelector;

  constructor(source: QueriedSource, knn: Pick<KnnGraph, 'rows' | 'K' | 'ids'>, options: NsgOptions) {
    requireNsgOptions(options);
    const { R, L, C, profile = 'canonical', threads = 1 } = options;
    const needed = Math.max(R + 1, knn.K);
    if (source.ids.length < needed) {
      throw new RangeError(`buildNsg: expected a source that takes ${needed} points a call, got ${source.ids.length}.`);
    }
    const graph = new LayeredGraph(new Int32Array(source.size), R, 0);
    graph.maxLevel = source.size === 0 ? -1 : 0;
    const draft: NsgDraft = {
      graph,
      knn: listsOf(knn, source.size),
      rules: { R, L, C, profile },
      lengths: new Float64Array(source.size * R),
      settled: new Int32Array(source.size),
    };
    this.draft = threads > 1 ? inSharedDraft(draft) : draft;
    this.#source = source;
    this.#profile = nsgProfiles[profile];
    this.#search = new FlatSearch(source, this.#profile.buildStarts, true);
    this.#selector = new NeighborSelector(source, Math.max(C, R + 1));
  }

  /** Finds the navigating point. */
  enter(center: Float32Array): void {
    const { graph, knn, rules } = this.draft;
    this.#source.setQuery(center, 0);
    if (this.#source.size === 0) return;
    graph.entry = this.#profile.searchesNavigatingPoint
      ? searchedPoint(searchedLists(knn), this.#search, rules.L, this.#random)
      : nearestPoint(this.#source);
  }

  /** Adds links to a point from all that it links to. */
  linkBack(point: number): void {
    const { graph, lengths, rules } = this.draft;
    const { base } = graph;
    const begin = point * rules.R;
    for (let i = begin; i < begin + base.degrees[point]!; i++) this.#link(base.links[i]!, point, lengths[i]!);
  }

  /** Links from the tree to what is out of reach. */
  async complete(yielder: Yielder): Promise<Pick<SpanningTree, 'graph' | 'attached'>> {
    const { graph, rules } = this.draft;
    const tree = new SpanningTree(graph, this.#search, rules.L, this.#profile, this.#random);
    await tree.grow(yielder);
    return tree;
  }

  /** Adds a link; a full list is chosen anew. */
  #link(from: number, to: number, length: number): void {
    const { graph, lengths, rules } = this.draft;
    const { base } = graph;
    const degree = base.degrees[from]!;
    const begin = from * rules.R;
    for (let i = begin; i < begin + degree; i++) if (base.links[i] === to) return;
    if (degree < rules.R) {
      lengths[begin + degree] = length;
      base.append(from, to);
      return;
    }
    const selector = this.#selector;
    const settled = this.draft.settled[from]!;
    selector.clear();
    for (let i = 0; i < degree; i++) {
      const id = base.links[begin + i]!;
      const isRepeated = this.#profile.keepsTail && base.links.indexOf(id, begin) < begin + i;
      if (!isRepeated) selector.offer(id, lengths[begin + i]!, i < settled);
    }
    selector.offer(to, length, false);
    const chosen = selector.select(rules.R);
    for (let i = 0; i < chosen; i++) {
      base.links[begin + i] = selector.ids[i]!;
      lengths[begin + i] = selector.distances[i]!;
    }
    this.draft.settled[from] = chosen;
    if (this.#profile.keepsTail) return;
    base.links.fill(-1, begin + chosen, begin + degree);
    base.degrees[from] = chosen;
  }
}

/** The k-NN graph as lists to search in; copied only where something must be left out. */
function listsOf({ rows, K, ids }: Pick<KnnGraph, 'rows' | 'K' | 'ids'>, size: number): KnnLists {
  if (rows !== size || ids.length !== rows * K) {
    throw new RangeError(`buildNsg: expected ${size} lists of neighbors, got ${rows} of ${K} in ${ids.length} ids.`);
  }
  const degrees = new Int32Array(rows);
  let links = ids;
  for (let row = 0; row < rows; row++) {
    for (let i = row * K; i < (row + 1) * K; i++) {
      const id = ids[i]!;
      if (id < -1 || id >= size) {
        throw new RangeError(`buildNsg: expected neighbors from -1 to ${size - 1}, got ${id} at point ${row}.`);
      }
      if (id < 0 || id === row) {
        if (links === ids) links = ids.slice();
      } else {
        if (links !== ids) links[row * K + degrees[row]!] = id;
        degrees[row]!++;
      }
    }
  }
  return { links, degrees, capacity: K };
}

/** @throws {RangeError} if an option is out of its range */
export function requireNsgOptions({ R, L, C, profile = 'canonical' }: NsgOptions): void {
  for (const [name, value] of Object.entries({ R, L, C })) requireWhole('buildNsg', name, value, 1);
  requireNamed('buildNsg', 'profile', nsgProfiles, profile);
}
