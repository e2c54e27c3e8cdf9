import { type GraphStatistics, graphStatistics } from '../graph/statistics.ts';
import { type Archive, requireArray, requireInteger } from '../tensor/named-arrays.ts';
import { requireSizes } from './codes/code-archive.ts';
import { requireStarts } from './codes/ivf-adc.ts';
import { readGraph } from './graph/graph-archive.ts';
import { readNsgGraph } from './graph/nsg-archive.ts';

/** What the inverted lists of an index look like. */
export interface ListStatistics {
  readonly nlist: number;
  /** Rows of each list. */
  readonly sizes: readonly number[];
  /** nlist · Σ size² / rows²: 1 where all lists are equally long. */
  readonly imbalance: number;
}

const LARGEST = 2 ** 31 - 1;
const GRAPH = ['levels', 'links', 'upperLinks', 'representatives'];
const ARRAYS: Readonly<Record<string, readonly string[]>> = {
  hnsw: GRAPH,
  'hnsw-sq8': GRAPH,
  lc: GRAPH,
  nsg: ['links'],
  ivfpq: ['starts'],
};

/** In which arrays of an index of this kind its structure lies, neither vectors nor codes; `undefined` where it has none. */
export function structureArrays(kind: string): readonly string[] | undefined {
  return Object.hasOwn(ARRAYS, kind) ? ARRAYS[kind] : undefined;
}

/**
 * Graph or lists of an index, from an archive that has at least the arrays of `structureArrays`.
 *
 * @throws {RangeError} at the first thing that does not fit, or if an index of that kind has no structure
 */
export function structureStatistics(archive: Archive): GraphStatistics | ListStatistics {
  const { kind, arrays, parameters } = archive;
  const where = `${kind} index`;
  if (!structureArrays(kind)) throw new RangeError(`${where}: expected a graph or lists, got neither.`);
  const { rows } = requireSizes(archive, kind, where);
  if (kind === 'nsg') return graphStatistics(readNsgGraph(archive, rows).graph);
  if (kind === 'ivfpq') {
    const nlist = requireInteger(parameters, 'nlist', 1, LARGEST, where);
    const starts = requireArray(arrays, 'starts', 'int32', [nlist + 1], where).data;
    requireStarts(starts, rows);
    return listStatistics(starts);
  }
  const baseLinks = kind === 'lc' ? requireInteger(parameters, 'baseLinks', 1, LARGEST, where) : undefined;
  return graphStatistics(readGraph(arrays, parameters, rows, where, baseLinks).graph);
}

/** @param starts (nlist + 1): where each list begins, and where the last ends */
function listStatistics(starts: Int32Array): ListStatistics {
  const nlist = starts.length - 1;
  const rows = starts[nlist]!;
  const sizes = Array.from({ length: nlist }, (_, list) => starts[list + 1]! - starts[list]!);
  const imbalance = (nlist * sizes.reduce((sum, size) => sum + size * size, 0)) / (rows * rows);
  return { nlist, sizes, imbalance };
}
