import type { Floats } from '../operands.ts';

export interface ElementwiseKernels {
  /** x[i] = value, i < n. */
  fill(x: Floats, value: number, n: number): void;
  /** x[i] = (x[i] - mean) / std, i < n, in float64 and rounded once. */
  standardize(x: Floats, n: number, mean: number, std: number): void;
  /** y[i] += x[i], i < n. */
  add(y: Floats, x: Floats, n: number): void;
  /** target[r, targetOffset + c] = source[r, sourceOffset + c]; strides are row lengths. */
  readonly copyBlock: (
    target: Floats,
    targetStride: number,
    targetOffset: number,
    source: Floats,
    sourceStride: number,
    sourceOffset: number,
    rows: number,
    cols: number,
  ) => void;
  /** The same with +=. */
  readonly addBlock: ElementwiseKernels['copyBlock'];
  /** y[r, c] += bias[c]. */
  addBias(y: Floats, bias: Floats, rows: number, cols: number): void;
}
