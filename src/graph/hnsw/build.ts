import { type Counts, totalWork, workSince } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import { requireNamed, requireOptions } from '../../tensor/options.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { LayeredGraph } from '../adjacency.ts';
import { insertInBatches } from './batches.ts';
import { type HnswCheckpoints, HnswProgress } from './checkpoint.ts';
import { HnswDraft, HnswInsertion, type InsertionRules } from './insertion.ts';
import { type HnswProfileName, hnswProfiles } from './profile.ts';
import { largestBatch } from './schedule.ts';

export interface HnswOptions {
  /** Links of a new point; a list holds up to 2M at level 0 (Mmax0) and M above (Mmax). From 2. */
  readonly M: number;
  /** Candidates found for a new point. From 1. */
  readonly efConstruction: number;
  /** Links of a new point and of a full list at level 0, where the profile's rule from M is not wanted. From 1. */
  readonly baseLinks?: number;
  /** `canonical` if not given. */
  readonly profile?: HnswProfileName;
  /** Decides the levels of the canonical profile; the libraries have seeds of their own. */
  readonly seed?: number | string;
  /** Algorithm 4's flag: neighbors of candidates are candidates too. Not in the batch profile. */
  readonly extendCandidates?: boolean;
  /** Algorithm 4's flag: lists are filled up with the nearest of those dropped. */
  readonly keepPrunedConnections?: boolean;
  /** The representative of each row: only rows that represent themselves become points of the graph. */
  readonly representatives?: Int32Array;
  /**
   * Threads that insert a batch together, 1 if not given; the graph does not depend on it. All other profiles insert one point after
   * the other, each into the graph that holds all before it: there the number changes nothing.
   */
  readonly threads?: number;
  /** Stores the graph under construction; the result does not depend on where the build was interrupted. */
  readonly checkpoints?: HnswCheckpoints;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What all who build such a graph are asked. */
export const HNSW_OPTIONS = [
  'M',
  'efConstruction',
  'baseLinks',
  'profile',
  'seed',
  'extendCandidates',
  'keepPrunedConnections',
  'threads',
  'checkpoints',
  'onProgress',
  'signal',
] as const satisfies readonly (keyof HnswOptions)[];

export interface Hnsw {
  readonly graph: LayeredGraph;
  /** Work of all threads. */
  readonly counts: Counts;
}

/**
 * Hierarchical navigable small world graph over all points of `source`, inserted one after the other or, in the batch profile, in
 * batches.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 1 (`insertion.ts`). Defined by `reference.ts`, in the canonical profile.
 * Departs: as the profile says (`profile.ts`).
 *
 * Lists are pruned by distances between stored points (codes), even if new points are measured as full vectors.
 *
 * @param source must take a list of any level in one call, and one point more if it is asymmetric
 * @throws {RangeError} if an option is out of its range
 * @throws the signal's reason, when it aborts
 *
 * @category Graphs
 */
export async function buildHnsw(source: DistanceSource, options: HnswOptions): Promise<Hnsw> {
  requireOptions('buildHnsw', options, [...HNSW_OPTIONS, 'representatives']);
  const { rules, graph, order } = planHnsw(source, options);
  const draft = new HnswDraft(graph);
  const sizes = {
    seed: options.seed ?? 1,
    points: order.length,
    baseCapacity: graph.base.capacity,
    ...(hnswProfiles[rules.profile].insertsBatches && { largestBatch: largestBatch(order.length, rules.ef) }),
  };
  const progress = new HnswProgress(draft, { ...rules, ...sizes }, options);
  const work = hnswProfiles[rules.profile].insertsBatches
    ? await insertInBatches(draft, source, rules, order, { ...options, progress })
    : await insertInOrder(draft, source, rules, order, { ...options, progress });
  options.onProgress?.(order.length, order.length);
  return { graph, counts: totalWork(progress.before, work) };
}

/** @returns the work */
async function insertInOrder(
  draft: HnswDraft,
  source: DistanceSource,
  rules: InsertionRules,
  order: Int32Array,
  { progress, onProgress }: HnswOptions & { readonly progress: HnswProgress },
): Promise<Counts> {
  const insertion = new HnswInsertion(draft, source, rules);
  const before = { ...source.counts };
  const yielder = new Yielder(() => source.counts, undefined); // the signal is heard by `progress`, which stores first
  for (let { done } = progress; done < order.length; done++) {
    insertion.insert(order[done]!);
    if (!yielder.due) continue;
    onProgress?.(done + 1, order.length);
    await yielder.yield();
    await progress.pass(done + 1, workSince(before, source.counts));
  }
  return workSince(before, source.counts);
}

interface Plan {
  readonly rules: InsertionRules;
  /** Without links. */
  readonly graph: LayeredGraph;
  /** The points in the order of insertion. */
  readonly order: Int32Array;
}

/** @throws {RangeError} if an option is out of its range */
function planHnsw(source: DistanceSource, options: HnswOptions): Plan {
  const { M, efConstruction, profile: name = 'canonical', seed = 1, representatives, baseLinks } = options;
  requireWhole('buildHnsw', 'M', M, 2);
  if (baseLinks !== undefined) requireWhole('buildHnsw', 'baseLinks', baseLinks, 1);
  requireWhole('buildHnsw', 'efConstruction', efConstruction, 1);
  const capacity = baseLinks ?? 2 * M;
  const longest = Math.max(M, capacity) + (source.asymmetric ? 1 : 0);
  if (source.ids.length < longest) {
    throw new RangeError(`buildHnsw: expected a source that takes ${longest} points a call, got ${source.ids.length}.`);
  }
  const profile = requireNamed('buildHnsw', 'profile', hnswProfiles, name);
  requireFitting(name, options);
  const levels = profile.levels(source.size, M, seed);
  const order = profile.order(levels);
  const isPoint = (row: number): boolean => !representatives || representatives[row] === row;
  for (let row = 0; row < levels.length; row++) if (!isPoint(row)) levels[row] = -1;
  const rules = {
    profile: name,
    M,
    baseLinks: baseLinks ?? profile.linksAtBase(M),
    // A search finds no more than there are points: a larger ef would only take more memory.
    ef: Math.min(profile.raisesEf ? Math.max(efConstruction, M) : efConstruction, Math.max(1, source.size)),
    extendCandidates: options.extendCandidates ?? false,
    keepPruned: options.keepPrunedConnections ?? false,
  };
  return { rules, graph: new LayeredGraph(levels, capacity, M), order: order.filter(isPoint) };
}

/** Options that depend on whether points are inserted in batches. */
function requireFitting(name: HnswProfileName, { threads = 1, extendCandidates = false }: HnswOptions): void {
  requireThreads(threads);
  // Lists of candidates would be read while other threads write them.
  if (extendCandidates && hnswProfiles[name].insertsBatches) {
    throw new RangeError('buildHnsw: expected profile batch without extendCandidates, got both.');
  }
}
