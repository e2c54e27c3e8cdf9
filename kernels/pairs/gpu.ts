/**
 * What INRP needs of all pairs of a batch, on the GPU; no matrix of pairs ever leaves it.
 *
 * Bound, relative to the largest output, against float64: distances 2e-6; weights 2e-6 (the logarithm of WebGPU is precise to
 * 2^-21 around 1); gradients 1e-5. Long sums are taken in chunks.
 */

import { chunksOf, totalOf } from '../column-sums/gpu.ts';
import { countDistances } from '../distance/reference.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import { TRANSPOSE } from '../gpu/transpose.ts';
import type { Floats } from '../operands.ts';
import type { PairKernels } from './kernel.ts';

/** |x_y - x_x|, by differences: exactly 0 for equal rows and of a row from itself, and exactly symmetric. `turned` is xᵀ: neighboring threads read neighbors. */
function pairDistances(this: KernelThis<'dim'>, x: KernelMatrix, turned: KernelMatrix): number {
  if (this.thread.x === this.thread.y) return 0;
  let squares = 0;
  for (let c = 0; c < this.constants.dim; c++) {
    const difference = x[this.thread.y]![c]! - turned[c]![this.thread.x]!;
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}

/** The same, four columns a thread. */
function widePairDistances(this: KernelThis<'dim'>, x: KernelMatrix, turned: KernelMatrix): number[] {
  const column = this.thread.x * 4;
  let squares0 = 0;
  let squares1 = 0;
  let squares2 = 0;
  let squares3 = 0;
  for (let c = 0; c < this.constants.dim; c++) {
    const own = x[this.thread.y]![c]!;
    const difference0 = own - turned[c]![column]!;
    const difference1 = own - turned[c]![column + 1]!;
    const difference2 = own - turned[c]![column + 2]!;
    const difference3 = own - turned[c]![column + 3]!;
    squares0 += difference0 * difference0;
    squares1 += difference1 * difference1;
    squares2 += difference2 * difference2;
    squares3 += difference3 * difference3;
  }
  if (column === this.thread.y) squares0 = 0;
  if (column + 1 === this.thread.y) squares1 = 0;
  if (column + 2 === this.thread.y) squares2 = 0;
  if (column + 3 === this.thread.y) squares3 = 0;
  return [Math.sqrt(squares0), Math.sqrt(squares1), Math.sqrt(squares2), Math.sqrt(squares3)];
}

/** (dOut_yx + dOut_xy) / out_yx, and 0 where the distance is 0. */
function pairFactors(this: KernelThis, dOut: KernelMatrix, out: KernelMatrix): number {
  const distance = out[this.thread.y]![this.thread.x]!;
  if (distance === 0) return 0;
  return (dOut[this.thread.y]![this.thread.x]! + dOut[this.thread.x]![this.thread.y]!) / distance;
}

/** Sum over j of factors_yj (x_y - x_j), chunk after chunk. */
function pairGradients(
  this: KernelThis<'rows' | 'chunks' | 'chunkRows'>,
  factors: KernelMatrix,
  x: KernelMatrix,
): number {
  const own = x[this.thread.y]![this.thread.x]!;
  let total = 0;
  for (let chunk = 0; chunk < this.constants.chunks; chunk++) {
    const first = chunk * this.constants.chunkRows;
    let part = 0;
    for (let r = 0; r < this.constants.chunkRows; r++) {
      if (first + r < this.constants.rows) {
        part += factors[this.thread.y]![first + r]! * (own - x[first + r]![this.thread.x]!);
      }
    }
    total += part;
  }
  return total;
}

/** The same, four columns a thread. */
function widePairGradients(
  this: KernelThis<'rows' | 'chunks' | 'chunkRows'>,
  factors: KernelMatrix,
  x: KernelMatrix,
): number[] {
  const column = this.thread.x * 4;
  const own0 = x[this.thread.y]![column]!;
  const own1 = x[this.thread.y]![column + 1]!;
  const own2 = x[this.thread.y]![column + 2]!;
  const own3 = x[this.thread.y]![column + 3]!;
  let total0 = 0;
  let total1 = 0;
  let total2 = 0;
  let total3 = 0;
  for (let chunk = 0; chunk < this.constants.chunks; chunk++) {
    const first = chunk * this.constants.chunkRows;
    let part0 = 0;
    let part1 = 0;
    let part2 = 0;
    let part3 = 0;
    for (let r = 0; r < this.constants.chunkRows; r++) {
      if (first + r < this.constants.rows) {
        const factor = factors[this.thread.y]![first + r]!;
        part0 += factor * (own0 - x[first + r]![column]!);
        part1 += factor * (own1 - x[first + r]![column + 1]!);
        part2 += factor * (own2 - x[first + r]![column + 2]!);
        part3 += factor * (own3 - x[first + r]![column + 3]!);
      }
    }
    total0 += part0;
    total1 += part1;
    total2 += part2;
    total3 += part3;
  }
  return [total0, total1, total2, total3];
}

/** Eq. 5: min(alpha, max(beta, -ln(d / boundary))); alpha for d = 0. A distance that is NaN or infinite gives NaN, as `log` does. */
function inrpWeights(this: KernelThis, d: KernelMatrix, boundary: number, alpha: number, beta: number): number {
  const ratio = d[this.thread.y]![this.thread.x]! / boundary;
  if (ratio < 1.2e-38) return alpha;
  if (!(ratio < 3.4e38)) return ratio - ratio;
  return Math.min(alpha, Math.max(beta, -Math.log(ratio)));
}

/** Row y: over chunk y of the rows, the column sums of w |compressed - original|. */
function chunkErrors(
  this: KernelThis<'chunkRows' | 'rows'>,
  w: KernelMatrix,
  compressed: KernelMatrix,
  original: KernelMatrix,
): number {
  const first = this.thread.y * this.constants.chunkRows;
  let total = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) {
      const error = compressed[first + r]![this.thread.x]! - original[first + r]![this.thread.x]!;
      total += w[first + r]![this.thread.x]! * Math.abs(error);
    }
  }
  return total;
}

/** dLoss · w · sign(compressed - original) · factor */
function inrpGradient(
  this: KernelThis,
  dLoss: KernelMatrix,
  w: KernelMatrix,
  compressed: KernelMatrix,
  original: KernelMatrix,
  factor: number,
): number {
  const slope = dLoss[0]![0]! * factor * w[this.thread.y]![this.thread.x]!;
  const error = compressed[this.thread.y]![this.thread.x]! - original[this.thread.y]![this.thread.x]!;
  if (error > 0) return slope;
  if (error < 0) return -slope;
  return 0;
}

/** factor · the sum of x (1, cols), chunk after chunk; of the column sums of a square matrix, the sum of its elements. */
function rowTotal(this: KernelThis<'cols' | 'chunks' | 'chunkRows'>, x: KernelMatrix, factor: number): number {
  let total = 0;
  for (let chunk = 0; chunk < this.constants.chunks; chunk++) {
    const first = chunk * this.constants.chunkRows;
    let part = 0;
    for (let c = 0; c < this.constants.chunkRows; c++) {
      if (first + c < this.constants.cols) part += x[0]![first + c]!;
    }
    total += part;
  }
  return total * factor;
}

const PAIRS = [6, 6] as const;

const PAIR_DISTANCES: GpuKernel = {
  name: 'pairDistances',
  body: pairDistances,
  sample: {
    rows: 6,
    cols: 6,
    constants: { dim: 9 },
    tolerance: 2e-6,
    inputs: [
      [6, 9],
      [9, 6],
    ],
  },
};
const WIDE_PAIR_DISTANCES: GpuKernel = {
  name: 'widePairDistances',
  body: widePairDistances,
  lanes: 4,
  sample: {
    rows: 6,
    cols: 8,
    constants: { dim: 9 },
    tolerance: 2e-6,
    inputs: [
      [6, 9],
      [9, 8],
    ],
  },
};
const PAIR_FACTORS: GpuKernel = {
  name: 'pairFactors',
  body: pairFactors,
  sample: { rows: 6, cols: 6, constants: {}, inputs: [PAIRS, PAIRS], range: [0.1, 1], tolerance: 2e-6 },
};
const PAIR_GRADIENTS: GpuKernel = {
  name: 'pairGradients',
  body: pairGradients,
  sample: {
    rows: 6,
    cols: 9,
    constants: { rows: 6, chunks: 2, chunkRows: 4 },
    inputs: [PAIRS, [6, 9]],
    tolerance: 2e-6,
  },
};
const WIDE_PAIR_GRADIENTS: GpuKernel = {
  name: 'widePairGradients',
  body: widePairGradients,
  lanes: 4,
  sample: {
    rows: 6,
    cols: 8,
    constants: { rows: 6, chunks: 2, chunkRows: 4 },
    tolerance: 2e-6,
    inputs: [PAIRS, [6, 8]],
  },
};
const INRP_WEIGHTS: GpuKernel = {
  name: 'inrpWeights',
  body: inrpWeights,
  sample: { rows: 6, cols: 6, constants: {}, inputs: [PAIRS, 0.8, 2, 0.01], range: [0, 1], tolerance: 2e-6 },
};
const CHUNK_ERRORS: GpuKernel = {
  name: 'chunkErrors',
  body: chunkErrors,
  sample: {
    rows: 2,
    cols: 6,
    constants: { chunkRows: 4, rows: 6 },
    inputs: [PAIRS, PAIRS, PAIRS],
    tolerance: 2e-6,
  },
};
const INRP_GRADIENT: GpuKernel = {
  name: 'inrpGradient',
  body: inrpGradient,
  sample: { rows: 6, cols: 6, constants: {}, inputs: [[1, 1], PAIRS, PAIRS, PAIRS, 0.125], tolerance: 1e-6 },
};
const ROW_TOTAL: GpuKernel = {
  name: 'rowTotal',
  body: rowTotal,
  sample: {
    rows: 1,
    cols: 1,
    constants: { cols: 6, chunks: 2, chunkRows: 4 },
    inputs: [[1, 6], 0.25],
    tolerance: 2e-6,
  },
};

export function gpuPairs({ queue, counts, lanes }: GpuLink): PairKernels {
  return {
    pairDistances(out, x, rows, dim) {
      countDistances(counts, (rows * (rows - 1)) / 2, dim);
      queue(async (on) => {
        const points = await on.read(x, rows, dim);
        const inputs = [points, await on.run(TRANSPOSE, { rows: dim, cols: rows, inputs: [points] })];
        const kernel = lanes && rows % 4 === 0 ? WIDE_PAIR_DISTANCES : PAIR_DISTANCES;
        await on.write(out, await on.run(kernel, { rows, cols: rows, constants: { dim }, inputs }));
      });
    },
    pairDistancesBackward(dx, dOut, out, x, rows, dim) {
      counts.multiplyAdds += rows * rows * dim;
      queue(async (on) => {
        const pairs = [await on.read(dOut, rows, rows), await on.read(out, rows, rows)];
        const factors = await on.run(PAIR_FACTORS, { rows, cols: rows, inputs: pairs });
        const inputs = [factors, await on.read(x, rows, dim)];
        const constants = chunkSizes(rows);
        const kernel = lanes && dim % 4 === 0 ? WIDE_PAIR_GRADIENTS : PAIR_GRADIENTS;
        await on.add(dx, await on.run(kernel, { rows, cols: dim, constants, inputs }));
      });
    },
    inrpWeights(w, d, boundary, alpha, beta) {
      queue(async (on) => {
        const distances = await on.read(d);
        const { rows, cols } = distances;
        await on.write(w, await on.run(INRP_WEIGHTS, { rows, cols, inputs: [distances, boundary, alpha, beta] }));
      });
    },
    inrpLoss(loss, w, compressed, original, rows) {
      queue(async (on) => {
        const read = (operand: Floats) => on.read(operand, rows, rows);
        const inputs = [await read(w), await read(compressed), await read(original)];
        const columns = await totalOf(on, await on.run(CHUNK_ERRORS, { ...chunksOf(rows, rows), inputs }));
        const { chunks, chunkRows } = chunkSizes(rows);
        const constants = { cols: rows, chunks, chunkRows };
        const total = { rows: 1, cols: 1, constants, inputs: [columns, 1 / (rows * rows)] };
        await on.write(loss, await on.run(ROW_TOTAL, total));
      });
    },
    inrpLossBackward(dCompressed, dLoss, w, compressed, original, rows) {
      queue(async (on) => {
        const read = (operand: Floats) => on.read(operand, rows, rows);
        const pairs = [await read(w), await read(compressed), await read(original)];
        const inputs = [await on.read(dLoss, 1, 1), ...pairs, 1 / (rows * rows)];
        await on.add(dCompressed, await on.run(INRP_GRADIENT, { rows, cols: rows, inputs }));
      });
    },
  };
}

function chunkSizes(rows: number) {
  const { rows: chunks, constants } = chunksOf(rows, 1);
  return { ...constants, chunks };
}
