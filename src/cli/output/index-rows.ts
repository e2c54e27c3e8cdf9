import type { GraphStatistics } from '../../graph/statistics.ts';
import type { ListStatistics } from '../../index/codes/list-statistics.ts';
import { type ListingRow, percent } from './listing.ts';

/** What a graph looks like. */
export function graphRows({ points, levels, degrees, meanDegree, ...shares }: GraphStatistics): ListingRow[] {
  const used = degrees.flatMap((count, degree) => (count > 0 ? [degree] : []));
  return [
    ['points', points],
    ['points by top level', levels.join(' ')],
    ['degree at level 0', `from ${used[0] ?? 0} to ${used.at(-1) ?? 0}, mean ${meanDegree.toFixed(2)}`],
    ['reachable', `${percent(shares.reachableFraction)} %`],
    ['links both ways', `${percent(shares.reciprocity)} %`],
  ];
}

/** What inverted lists look like. */
export function listRows({ nlist, sizes, imbalance }: ListStatistics): ListingRow[] {
  return [
    ['lists', nlist],
    ['rows of a list', `from ${Math.min(...sizes)} to ${Math.max(...sizes)}`],
    ['imbalance', imbalance],
  ];
}

export interface CodeStatistics {
  readonly codeBytes: number;
  readonly bytes: number;
}

/** What an index of codes holds. */
export function codeRows({ codeBytes, bytes }: CodeStatistics): ListingRow[] {
  return [
    ['bytes of a code', codeBytes],
    ['bytes in all', bytes],
  ];
}
