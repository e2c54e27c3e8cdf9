import { type GraphStatistics, graphStatistics } from '../graph/statistics.ts';
import { type Archive, requireArray, requireInteger } from '../tensor/named-arrays.ts';
import { requireSizes } from './codes/code-archive.ts';
import { type ListStatistics, listStatistics, requireStarts } from './codes/list-statistics.ts';
import { readGraph } from './graph/graph-archive.ts';
import { readNsgGraph } from './graph/nsg-archive.ts';

/** Graph or lists of an index, read without its vectors and codes. */
export interface Structure {
  /** The arrays of an archive in which it lies. */
  readonly arrays: readonly string[];
  /**
   * What it looks like, from an archive that has at least these arrays.
   *
   * @throws {RangeError} at the first thing that does not fit
   */
  readonly statistics: (archive: Archive) => GraphStatistics | ListStatistics;
}

const LARGEST = 2 ** 31 - 1;
const LAYERS = ['levels', 'links', 'upperLinks', 'representatives'];

function whereOf({ kind }: Archive): string {
  return `${kind} index`;
}

function rowsOf(archive: Archive): number {
  return requireSizes(archive, archive.kind, whereOf(archive)).rows;
}

/** @param baseLinks how many links a list of level 0 has room for; 2M if not given */
function layerStatistics(archive: Archive, baseLinks?: number): GraphStatistics {
  const { arrays, parameters } = archive;
  return graphStatistics(readGraph(arrays, parameters, rowsOf(archive), whereOf(archive), baseLinks).graph);
}

export const LAYERED_GRAPH: Structure = { arrays: LAYERS, statistics: (archive) => layerStatistics(archive) };

export const LINKED_CODES: Structure = {
  arrays: LAYERS,
  statistics: (archive) =>
    layerStatistics(archive, requireInteger(archive.parameters, 'baseLinks', 1, LARGEST, whereOf(archive))),
};

export const NSG_GRAPH: Structure = {
  arrays: ['links'],
  statistics: (archive) => graphStatistics(readNsgGraph(archive, rowsOf(archive)).graph),
};

export const INVERTED_LISTS: Structure = {
  arrays: ['starts'],
  statistics(archive) {
    const where = whereOf(archive);
    const rows = rowsOf(archive);
    const nlist = requireInteger(archive.parameters, 'nlist', 1, LARGEST, where);
    const starts = requireArray(archive.arrays, 'starts', 'int32', [nlist + 1], where).data;
    requireStarts(starts, rows);
    return listStatistics(starts);
  },
};
