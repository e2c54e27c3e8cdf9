import type { Floats } from '../operands.ts';

/** Codes of m bytes; table is (m, 256); entries are added in the order of s, from 0. */
export interface TableScanKernels {
  /** out[r] = sum over s < m of table[s, codes[ids[r], s]], r < count. */
  tableSums(out: Floats, table: Floats, codes: Uint8Array, ids: Int32Array, count: number, m: number): void;
  /** out[r] = sum over s < m of table[s, codes[first + r, s]], r < count. */
  tableSumScan(out: Floats, table: Floats, codes: Uint8Array, first: number, count: number, m: number): void;
}
