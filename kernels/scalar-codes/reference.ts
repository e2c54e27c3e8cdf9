import { countDistances } from '../distance/reference.ts';
import { laneSum } from '../math/lane-sum.ts';
import type { Counts, Floats, Round } from '../operands.ts';
import type { ScalarCodesKernels } from './kernel.ts';

/**
 * The whole part of 255 min(max((x - minimum) / span, 0), 1); 0 for a span of 0 and for NaN.
 *
 * Source: faiss 1.7.3 `ScalarQuantizer`, `QT_8bit`.
 */
export function scalarCode(x: number, minimum: number, span: number, round: Round): number {
  const share = round(round(x - minimum) / span);
  if (span === 0 || Number.isNaN(share)) return 0;
  return Math.floor(round(255 * Math.min(Math.max(share, 0), 1)));
}

/** The sum of (target[i] - steps[i] codes[codeAt + i])² in four lanes (lane = i mod 4), reduced as (l0 + l2) + (l1 + l3). */
export function codeDistance(
  target: Floats,
  steps: Floats,
  codes: Uint8Array,
  codeAt: number,
  dim: number,
  round: Round,
): number {
  const square = (i: number): number => {
    const difference = round(target[i]! - round(steps[i]! * codes[codeAt + i]!));
    return round(difference * difference);
  };
  return laneSum(dim, square, round);
}

/** scale · sum of (a[i] - b[i])², the sum exact: below 2^31 up to 33,025 numbers. */
export function byteDistance(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  dim: number,
  scale: number,
  round: Round,
): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += (a[aAt + i]! - b[bAt + i]!) ** 2;
  return round(round(sum) * round(scale));
}

export function referenceScalarCodes(round: Round, counts: Counts): ScalarCodesKernels {
  return {
    scalarCodes(codes, x, minima, spans, count, dim) {
      for (let i = 0; i < count * dim; i++) {
        codes[i] = scalarCode(x[i]!, minima[i % dim]!, spans[i % dim]!, round);
      }
    },
    codeDistances(out, target, steps, codes, ids, count, dim) {
      for (let r = 0; r < count; r++) out[r] = codeDistance(target, steps, codes, ids[r]! * dim, dim, round);
      countDistances(counts, count, dim);
    },
    codeDistanceScan(out, target, steps, codes, first, count, dim) {
      for (let r = 0; r < count; r++) out[r] = codeDistance(target, steps, codes, (first + r) * dim, dim, round);
      countDistances(counts, count, dim);
    },
    byteDistances(out, query, queryOffset, codes, ids, count, dim, scale) {
      for (let r = 0; r < count; r++) {
        out[r] = byteDistance(query, queryOffset, codes, ids[r]! * dim, dim, scale, round);
      }
      countDistances(counts, count, dim);
    },
    byteDistanceScan(out, query, queryOffset, codes, first, count, dim, scale) {
      for (let r = 0; r < count; r++) {
        out[r] = byteDistance(query, queryOffset, codes, (first + r) * dim, dim, scale, round);
      }
      countDistances(counts, count, dim);
    },
  };
}
