import type { Counts, Floats, Round } from '../operands.ts';
import type { TableScanKernels } from './kernel.ts';

/** Entries a sub-quantizer has in a table, whatever the bits of its codes: any byte is a place in it. */
export const TABLE_STRIDE = 256;

/** Sum over s < m, in order, of table[s, codes[codeAt + s]]. */
export function tableSum(table: Floats, codes: Uint8Array, codeAt: number, m: number, round: Round): number {
  let sum = 0;
  for (let s = 0; s < m; s++) sum = round(sum + table[s * TABLE_STRIDE + codes[codeAt + s]!]!);
  return sum;
}

export function referenceTableScan(round: Round, counts: Counts): TableScanKernels {
  return {
    tableSums(out, table, codes, ids, count, m) {
      for (let r = 0; r < count; r++) out[r] = tableSum(table, codes, ids[r]! * m, m, round);
      countTableSums(counts, count, m);
    },
    tableSumScan(out, table, codes, first, count, m) {
      for (let r = 0; r < count; r++) out[r] = tableSum(table, codes, (first + r) * m, m, round);
      countTableSums(counts, count, m);
    },
  };
}

/** One distance a code, and in place of its multiply-adds the m additions. */
export function countTableSums(counts: Counts, codes: number, m: number): void {
  counts.distances += codes;
  counts.multiplyAdds += codes * m;
}
