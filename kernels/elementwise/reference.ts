import type { Round } from '../operands.ts';
import type { ElementwiseKernels } from './kernel.ts';

export function referenceElementwise(round: Round): ElementwiseKernels {
  return {
    /** x[i] = value. */
    fill(x, value, n) {
      x.fill(value, 0, n);
    },

    /** x[i] = (x[i] - mean) / std, in float64 and rounded once. */
    standardize(x, n, mean, std) {
      for (let i = 0; i < n; i++) x[i] = (x[i]! - mean) / std;
    },

    /** y[i] += x[i]. */
    add(y, x, n) {
      for (let i = 0; i < n; i++) y[i] = round(y[i]! + x[i]!);
    },

    /** target[r, targetOffset + c] = source[r, sourceOffset + c]. */
    copyBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      for (let r = 0; r < rows; r++) {
        const to = r * targetStride + targetOffset;
        const from = r * sourceStride + sourceOffset;
        for (let c = 0; c < cols; c++) target[to + c] = source[from + c]!;
      }
    },

    /** target[r, targetOffset + c] += source[r, sourceOffset + c]. */
    addBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      for (let r = 0; r < rows; r++) {
        const to = r * targetStride + targetOffset;
        const from = r * sourceStride + sourceOffset;
        for (let c = 0; c < cols; c++) target[to + c] = round(target[to + c]! + source[from + c]!);
      }
    },

    /** y[r, c] += bias[c]. */
    addBias(y, bias, rows, cols) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < cols; c++) y[r * cols + c] = round(y[r * cols + c]! + bias[c]!);
      }
    },
  };
}
