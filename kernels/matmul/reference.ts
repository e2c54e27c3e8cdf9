import type { Counts, Floats, Round } from '../operands.ts';
import type { MatmulKernels } from './kernel.ts';

/**
 * c[i, j] = c0 + a[i, 0] b[0, j] + a[i, 1] b[1, j] + …, summed in the order of k from c0 = 0 or, when accumulating, from the
 * present c[i, j]. Element (i, p) of a lies at i · aRow + p · aColumn, element (p, j) of b at p · bRow + j · bColumn.
 */
function product(
  c: Floats,
  a: Floats,
  aRow: number,
  aColumn: number,
  b: Floats,
  bRow: number,
  bColumn: number,
  m: number,
  n: number,
  k: number,
  accumulate: boolean,
  round: Round,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? c[i * n + j]! : 0;
      for (let p = 0; p < k; p++) {
        sum = round(sum + round(a[i * aRow + p * aColumn]! * b[p * bRow + j * bColumn]!));
      }
      c[i * n + j] = sum;
    }
  }
}

export function referenceMatmul(round: Round, counts: Counts): MatmulKernels {
  return {
    matmulNN(c, a, b, m, n, k, accumulate) {
      product(c, a, k, 1, b, n, 1, m, n, k, accumulate, round);
      counts.multiplyAdds += m * n * k;
    },
    matmulNT(c, a, b, m, n, k, accumulate) {
      product(c, a, k, 1, b, 1, k, m, n, k, accumulate, round);
      counts.multiplyAdds += m * n * k;
    },
    matmulTN(c, a, b, m, n, k, accumulate) {
      product(c, a, 1, m, b, n, 1, m, n, k, accumulate, round);
      counts.multiplyAdds += m * n * k;
    },
  };
}
