import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { attachSource, type SharedSource } from '../../tensor/vectors/shared-source.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import type { Task } from '../../workers/task.ts';
import { LayeredGraph, type SharedGraph } from '../adjacency.ts';
import type { SearchedGraph } from '../search.ts';
import { NeighborSelector } from '../select.ts';
import { FlatSearch } from './flat-search.ts';
import { type NsgProfile, type NsgProfileName, nsgProfiles } from './profile.ts';
import { sortNearest } from './sort-nearest.ts';

/** Points in one chunk; one takes a millisecond or so. */
const POINTS = 4;

/** The k-NN graph as lists to search in. */
export interface KnnLists {
  readonly links: Int32Array;
  readonly degrees: Int32Array;
  readonly capacity: number;
}

export function searchedLists(lists: KnnLists): SearchedGraph {
  return { layer: () => lists, listOf: (node) => node };
}

export interface NsgRules {
  readonly R: number;
  readonly L: number;
  readonly C: number;
  readonly profile: NsgProfileName;
}

/** An NSG that is being built. */
export interface NsgDraft {
  readonly graph: LayeredGraph;
  readonly knn: KnnLists;
  readonly rules: NsgRules;
  /** (points, R): the squared length of each link, so that choosing a list anew measures no link again. */
  readonly lengths: Float64Array;
  /** How many links at the head of each list were chosen together, so that none rules out another. */
  readonly settled: Int32Array;
}

interface Local extends NsgDraft {
  readonly source: DistanceSource;
}

interface Shared extends Omit<NsgDraft, 'graph'> {
  readonly graph: SharedGraph;
  readonly source: SharedSource;
}

/** `choose`: some points get their links. */
export const nsgChoiceTask: Task<Local, Shared> = {
  name: 'nsg-choice',
  attach: ({ graph, source, ...draft }, slot) => ({
    ...draft,
    graph: LayeredGraph.attach(graph),
    source: attachSource(source, slot),
  }),
  steps({ source, ...draft }) {
    const choice = new NsgChoice(draft, source);
    return {
      choose(chunk) {
        const end = Math.min((chunk + 1) * POINTS, source.size);
        for (let point = chunk * POINTS; point < end; point++) choice.choose(point);
      },
    };
  },
  counts: ({ source }) => source.counts,
};

/** How many chunks `choose` has. */
export function choiceChunks(points: number): number {
  return Math.ceil(points / POINTS);
}

/** The draft where other threads reach it; the graph moves there itself. */
export function inSharedDraft({ graph, knn, rules, lengths, settled }: NsgDraft): NsgDraft {
  graph.share();
  const { links, degrees, capacity } = knn;
  return {
    graph,
    rules,
    lengths: inSharedMemory(lengths),
    settled: inSharedMemory(settled),
    knn: { links: inSharedMemory(links), degrees: inSharedMemory(degrees), capacity },
  };
}

/**
 * Links from a point to some of those that a search for it meets.
 *
 * Source: Fu et al. 2019, Algorithm 2, the loop over all nodes. Reads only the k-NN graph, so points may come in any order.
 */
export class NsgChoice {
  readonly #draft: NsgDraft;
  readonly #source: DistanceSource;
  readonly #profile: NsgProfile;
  readonly #knn: SearchedGraph;
  readonly #search: FlatSearch;
  readonly #selector: NeighborSelector;

  constructor(draft: NsgDraft, source: DistanceSource) {
    const { R, C, profile } = draft.rules;
    this.#draft = draft;
    this.#source = source;
    this.#profile = nsgProfiles[profile];
    this.#knn = searchedLists(draft.knn);
    this.#search = new FlatSearch(source, this.#profile.buildStarts, true);
    this.#selector = new NeighborSelector(source, Math.max(C, R + 1));
  }

  choose(point: number): void {
    const { graph, lengths, settled } = this.#draft;
    const { R, L, C } = this.#draft.rules;
    const { visited } = this.#search;
    this.#source.setQueryRow(point);
    this.#search.run(this.#knn, graph.entry, L); // the nodes checked on the way
    this.#addNeighbors(point); // and its nearest in the k-NN graph
    const { met, count } = visited;
    const distances = visited.distances!;
    sortNearest(met, distances, count, C + 1);
    const comesFirst = met[0] === point ? 1 : 0;
    const keepsItself = this.#profile.keepsItself;
    const end = keepsItself ? Math.max(C, comesFirst + 1) : count;
    const selector = this.#selector;
    selector.clear();
    for (let i = keepsItself ? comesFirst : 0; i < end && i < count && selector.size < C; i++) {
      if (keepsItself || met[i] !== point) selector.offer(met[i]!, distances[i]!, false);
    }
    const chosen = selector.select(R); // edges without conflicts
    graph.base.replace(point, selector.ids, chosen);
    settled[point] = chosen;
    for (let i = 0; i < chosen; i++) lengths[point * R + i] = selector.distances[i]!;
  }

  /** Adds the neighbors in the k-NN graph to the points met. */
  #addNeighbors(point: number): void {
    const { visited } = this.#search;
    const { ids, distances } = this.#source;
    const { links, degrees, capacity } = this.#draft.knn;
    const begin = point * capacity;
    let count = 0;
    for (let i = begin; i < begin + degrees[point]!; i++) {
      const id = links[i]!;
      if (visited.flags[id] === 1) continue;
      visited.flags[id] = 1; // the caller's k-NN list may repeat an id
      ids[count++] = id;
    }
    if (count > 0) this.#source.measure(count);
    for (let i = 0; i < count; i++) {
      visited.distances![visited.count] = distances[i]!;
      visited.add(ids[i]!);
    }
  }
}
