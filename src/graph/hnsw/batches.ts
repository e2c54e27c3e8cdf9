import { type Counts, totalWork, workSince } from '../../../kernels/operands.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { attachSource, type SharedSource, shareSource } from '../../tensor/vectors/shared-source.ts';
import { type Crew, withCrew } from '../../workers/crew.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { allInSharedMemory, inSharedMemory } from '../../workers/shared-memory.ts';
import type { Task } from '../../workers/task.ts';
import type { LayeredGraph } from '../adjacency.ts';
import type { HnswProgress } from './checkpoint.ts';
import { HnswDraft, HnswInsertion, type InsertionRules, type SharedDraft } from './insertion.ts';
import { type LinksBackArrays, LinksBackCollector, LinksBackReader, linksBackArrays } from './links-back.ts';
import { batchEnd, largestBatch } from './schedule.ts';

/** Lists in one chunk of links back; a shrunk list takes some ten microseconds. */
const LISTS = 8;

interface BatchOptions {
  readonly progress: HnswProgress;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

interface Memory {
  readonly rules: InsertionRules;
  /** The points in the order of insertion. */
  readonly order: Int32Array;
  /** [the graph's entry, its maxLevel, where the batch begins in `order`]. */
  readonly state: Int32Array;
  readonly linksBack: LinksBackArrays;
}

interface Local extends Memory {
  readonly draft: HnswDraft;
  readonly source: DistanceSource;
}

interface Shared extends Memory {
  readonly draft: SharedDraft;
  readonly source: SharedSource;
}

/**
 * `link`: a point of the batch finds its neighbors in the graph as it was before, and among those of the batch that come before it.
 * `linkBack`: some lists receive their new links.
 */
export const hnswBatchTask: Task<Local, Shared> = {
  name: 'hnsw-batch',
  attach: ({ draft, source, ...memory }, slot) => ({
    draft: HnswDraft.attach(draft),
    source: attachSource(source, slot),
    ...memory,
  }),
  steps({ draft, source, rules, order, state, linksBack }) {
    const insertion = new HnswInsertion(draft, source, rules);
    const reader = new LinksBackReader(linksBack);
    return {
      link(chunk) {
        draft.graph.entry = state[0]!;
        draft.graph.maxLevel = state[1]!;
        const first = state[2]!;
        insertion.link(order[first + chunk]!, order.subarray(first, first + chunk));
      },
      linkBack(chunk) {
        const end = Math.min((chunk + 1) * LISTS, reader.lists);
        for (let place = chunk * LISTS; place < end; place++) {
          const count = reader.read(place);
          insertion.append(reader.node(place), reader.level(place), reader.ids, reader.lengths, count);
        }
      },
    };
  },
  counts: ({ source }) => source.counts,
};

/**
 * Inserts the points in batches: all points of a batch choose their neighbors among what a search meets in the graph as it was before
 * the batch and among the points of the batch that come before them, and only then do these neighbors get their links back. A list
 * receives all of its new links at once, in the order of insertion. No list is read while another thread writes it, so the graph is
 * the same for any number of threads.
 *
 * Source: Manohar et al. 2024 (ParlayANN), prefix-doubling batches.
 * Departs: a point is compared with those of its batch, too, as if they had been inserted: of rows that come in order a batch is one
 * neighborhood, and without that most of it would stay out of reach (bench/pipeline/row-order.ts). So batches are small
 * (`schedule.ts`); a full list is shrunk by the occlusion rule, where ParlayANN keeps the nearest; ties go to the smaller id.
 *
 * With checkpoints, an abort takes effect at the end of a batch: only there can the build be resumed.
 *
 * @returns the work of all threads
 */
export async function insertInBatches(
  draft: HnswDraft,
  source: DistanceSource,
  rules: InsertionRules,
  order: Int32Array,
  { threads = 1, progress, onProgress, signal }: BatchOptions,
): Promise<Counts> {
  const { graph } = draft;
  const yielder = new Yielder(() => source.counts, progress.keeps ? undefined : signal);
  const before = { ...source.counts };
  const several = threads > 1;
  const largest = largestBatch(order.length, rules.ef);
  const room = linksBackArrays(mostLinks(order, graph, rules, largest));
  const memory: Memory = {
    rules,
    order: several ? inSharedMemory(order) : order,
    state: several ? inSharedMemory(new Int32Array(3)) : new Int32Array(3),
    linksBack: several ? allInSharedMemory(room) : room,
  };
  const share = () => ({ draft: draft.share(), source: shareSource(source), ...memory });
  const insertion = new HnswInsertion(draft, source, rules);
  const collector = new LinksBackCollector(memory.linksBack, draft);
  let first = progress.done;
  const look = (): Promise<void> | undefined => {
    if (!yielder.due) return undefined;
    onProgress?.(first, order.length);
    return yielder.yield();
  };
  const insertBatch = async (crew: Crew, end: number): Promise<void> => {
    memory.state.set([graph.entry, graph.maxLevel, first]);
    await crew.run('link', end - first, look);
    collector.collect(order, first, end);
    await crew.run('linkBack', Math.ceil(memory.linksBack.size[0]! / LISTS), look);
    insertion.raise(order[end - 1]!);
  };
  return withCrew(hnswBatchTask, { draft, source, ...memory }, share, threads, async (crew) => {
    const work = (): Counts => totalWork(workSince(before, source.counts), crew.counts);
    while (first < order.length) {
      const end = batchEnd(order, graph, first, largest);
      const alone = end - first === 1;
      if (alone) insertion.insert(order[first]!);
      else await insertBatch(crew, end);
      first = end;
      if (alone && !yielder.due) continue;
      await look();
      if (first < order.length) await progress.pass(first, work());
    }
    return work();
  });
}

/** How many links one batch has at most. @param size the most points of a batch */
function mostLinks(
  order: Int32Array,
  { levels }: LayeredGraph,
  { baseLinks, M }: InsertionRules,
  size: number,
): number {
  let upper = 0;
  let most = 0;
  for (let place = 0; place < order.length; place++) {
    upper += levels[order[place]!]!;
    if (place >= size) upper -= levels[order[place - size]!]!;
    most = Math.max(most, upper);
  }
  return size * baseLinks + most * M;
}
