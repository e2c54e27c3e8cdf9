/**
 * What INRP needs of all pairs of a batch, on the GPU; no matrix of pairs ever leaves it.
 *
 * Bound, relative to the largest output, against float64: distances 2e-6; weights 2e-6 (the logarithm of WebGPU is precise to
 * 2^-21 around 1); gradients 1e-5. Long sums are taken in chunks.
 */
import { countDistances } from '../distance/reference.ts';
import { chunksOf, totalOf } from '../elementwise/gpu.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { Floats } from '../kernels.ts';
import type { PairKernels } from './reference.ts';

/** |x_y - x_x|, by differences: exactly 0 for equal rows, and exactly symmetric. */
function pairDistances(this: KernelThis<'dim'>, x: KernelMatrix): number {
  let squares = 0;
  for (let c = 0; c < this.constants.dim; c++) {
    const difference = x[this.thread.y]![c]! - x[this.thread.x]![c]!;
    squares += difference * difference;
  }
  return Math.sqrt(squares);
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

/** Eq. 5: min(alpha, max(beta, -ln(d / boundary))); alpha for d = 0. */
function inrpWeights(this: KernelThis, d: KernelMatrix, boundary: number, alpha: number, beta: number): number {
  const ratio = d[this.thread.y]![this.thread.x]! / boundary;
  if (ratio < 1.2e-38) return alpha;
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
  sample: { rows: 6, cols: 6, constants: { dim: 9 }, inputs: [[6, 9]], tolerance: 2e-6 },
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
    ...{ rows: 6, cols: 9, constants: { rows: 6, chunks: 2, chunkRows: 4 } },
    ...{ inputs: [PAIRS, [6, 9]], tolerance: 2e-6 },
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
    ...{ rows: 2, cols: 6, constants: { chunkRows: 4, rows: 6 } },
    ...{ inputs: [PAIRS, PAIRS, PAIRS], tolerance: 2e-6 },
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
    ...{ rows: 1, cols: 1, constants: { cols: 6, chunks: 2, chunkRows: 4 } },
    ...{ inputs: [[1, 6], 0.25], tolerance: 2e-6 },
  },
};

export function gpuPairs({ queue, counts }: GpuLink): PairKernels {
  return {
    pairDistances(out, x, rows, dim) {
      countDistances(counts, (rows * (rows - 1)) / 2, dim);
      queue(async (on) => {
        const inputs = [await on.read(x, rows, dim)];
        await on.write(out, await on.run(PAIR_DISTANCES, { rows, cols: rows, constants: { dim }, inputs }));
      });
    },
    pairDistancesBackward(dx, dOut, out, x, rows, dim) {
      counts.multiplyAdds += rows * rows * dim;
      queue(async (on) => {
        const pairs = [await on.read(dOut, rows, rows), await on.read(out, rows, rows)];
        const factors = await on.run(PAIR_FACTORS, { rows, cols: rows, inputs: pairs });
        const inputs = [factors, await on.read(x, rows, dim)];
        const constants = chunkSizes(rows);
        await on.add(dx, await on.run(PAIR_GRADIENTS, { rows, cols: dim, constants, inputs }));
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
