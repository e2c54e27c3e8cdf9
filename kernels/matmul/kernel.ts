import type { Floats } from '../operands.ts';

/** Each output is summed in the order of k, from 0 or, when accumulating, from its present value. */
export interface MatmulKernels {
  /** c (m, n) = a (m, k) b (k, n). */
  matmulNN(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;
  /** c (m, n) = a (m, k) bᵀ, b (n, k). */
  matmulNT(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;
  /** c (m, n) = aᵀ b, a (k, m), b (k, n). */
  matmulTN(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;
}
