import type { Floats } from '../operands.ts';

/** One byte a dimension. */
export interface ScalarCodesKernels {
  /** codes[r, i] = the whole part of 255 · min(max((x[r, i] - minima[i]) / spans[i], 0), 1), r < count; 0 for a span of 0 and for NaN. */
  scalarCodes(codes: Uint8Array, x: Floats, minima: Floats, spans: Floats, count: number, dim: number): void;

  /** out[r] = sum over i of (target[i] - steps[i] · codes[ids[r], i])², r < count; lanes as in distance/. */
  codeDistances(
    out: Floats,
    target: Floats,
    steps: Floats,
    codes: Uint8Array,
    ids: Int32Array,
    count: number,
    dim: number,
  ): void;
  /** The same for codes[first + r]. */
  codeDistanceScan(
    out: Floats,
    target: Floats,
    steps: Floats,
    codes: Uint8Array,
    first: number,
    count: number,
    dim: number,
  ): void;
  /** out[r] = scale · sum over i of (query[i] - codes[ids[r], i])², the sum a whole number (dim up to 33,025); r < count. */
  byteDistances(
    out: Floats,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    ids: Int32Array,
    count: number,
    dim: number,
    scale: number,
  ): void;
  /** The same for codes[first + r]. */
  byteDistanceScan(
    out: Floats,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    first: number,
    count: number,
    dim: number,
    scale: number,
  ): void;
}
