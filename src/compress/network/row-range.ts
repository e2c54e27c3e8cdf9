import type { Matrix } from '../../tensor/matrix.ts';

/** `count` rows of x: ids[first], ids[first + 1], …; without ids, first, first + 1, … */
export interface RowRange {
  readonly x: Matrix;
  readonly ids?: Int32Array | undefined;
  readonly first: number;
  readonly count: number;
}
