import type { GraphStatistics } from '../../../graph/statistics.ts';
import type { Matrix } from '../../../tensor/matrix.ts';
import type { Archive } from '../../../tensor/named-arrays.ts';
import { graphRows } from '../../output/index-rows.ts';
import type { BuiltIndex } from '../kind.ts';

/** @param options that the graph was built with */
export function graphReport(
  index: { toArchive(): Archive; statistics(): GraphStatistics },
  { rows, cols }: Pick<Matrix, 'rows' | 'cols'>,
  options: Readonly<Record<string, string | number>>,
  counts: { readonly distances: number; readonly multiplyAdds: number },
): BuiltIndex {
  const statistics = index.statistics();
  const { seed: _, ...shown } = options;
  return {
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
