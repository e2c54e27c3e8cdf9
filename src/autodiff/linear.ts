import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, type Tensor } from './tensor.ts';

/**
 * y = x Wᵀ + b, for each row of x.
 *
 * @param x (…, dIn)
 * @param weight (dOut, dIn)
 * @param bias (dOut), or absent
 * @returns (…, dOut)
 * @throws {RangeError} if the shapes do not fit
 */
export function linear(tape: Tape, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const rows = rowsOf(x);
  const dIn = colsOf(x);
  const dOut = weight.shape[0]!;
  requireShape('linear: weight', weight, [dOut, dIn]);
  if (bias) requireShape('linear: bias', bias, [dOut]);
  const { kernels } = tape;
  const y = tape.result([...x.shape.slice(0, -1), dOut], bias ? [x, weight, bias] : [x, weight]);
  const dx = x.gradient;
  const dWeight = weight.gradient;
  const dBias = bias?.gradient;
  const dy = y.gradient;
  tape.record(
    () => {
      kernels.matmulNT(y.value, x.value, weight.value, rows, dOut, dIn, false);
      if (bias) kernels.addBias(y.value, bias.value, rows, dOut);
    },
    dy &&
      (() => {
        // y = x Wᵀ: dx += dy W, dW += dyᵀ x
        if (dx) kernels.matmulNN(dx, dy, weight.value, rows, dIn, dOut, true);
        if (dWeight) kernels.matmulTN(dWeight, dy, x.value, dOut, dIn, rows, true);
        // y[r] += b: db += sum over r of dy[r]
        if (dBias) kernels.columnSums(dBias, dy, rows, dOut);
      }),
  );
  return y;
}
