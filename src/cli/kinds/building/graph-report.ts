import type { GraphStatistics } from '../../../graph/statistics.ts';
import type { SearchIndex } from '../../../index/kinds.ts';
import type { Matrix } from '../../../tensor/matrix.ts';
import { graphRows } from '../../output/index-rows.ts';
import type { Session } from '../../session/command.ts';
import type { BuiltIndex } from '../kind.ts';

/**
 * What is told of a graph; a note where points are out of reach.
 *
 * @param options that the graph was built with
 */
export function graphReport(
  { note }: Pick<Session, 'note'>,
  index: Extract<SearchIndex, { statistics(): GraphStatistics }>,
  { rows, cols }: Pick<Matrix, 'rows' | 'cols'>,
  options: Readonly<Record<string, string | number>>,
  counts: { readonly distances: number; readonly multiplyAdds: number },
): BuiltIndex {
  const statistics = index.statistics();
  const { seed: _, ...shown } = options;
  const { points, unreachable } = statistics;
  if (unreachable > 0) {
    const copiesLibrary = options['profile'] === 'faiss' || options['profile'] === 'hnswlib';
    const remedy = copiesLibrary ? '--profile canonical' : 'a larger --M or --ef-construction';
    note(
      `cnt build: ${unreachable} of ${points} points cannot be reached from the entry point, and searches may never find them; ` +
        `${remedy} reaches more.`,
    );
  }
  return {
    index,
    archive: index.toArchive(),
    rows: [
      ['graph built on', `${rows} x ${cols}`],
      ...Object.entries(shown),
      ['distances', counts.distances],
      ['multiply-adds', counts.multiplyAdds],
      ...graphRows(statistics),
    ],
    json: { graphCols: cols, ...options, counts, statistics },
  };
}
