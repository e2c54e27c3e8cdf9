import type { RowSumsKernels } from './kernel.ts';

export function referenceRowSums(): RowSumsKernels {
  return {
    sumRowsById(sums, ids, x, rows, dim) {
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < dim; j++) sums[ids[r]! * dim + j]! += x[r * dim + j]!;
      }
    },
  };
}
