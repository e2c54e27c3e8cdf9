/**
 * Sums over rows on the GPU.
 *
 * Bound: rows are summed in chunks of 64, which are then added, so the error grows with 64 + rows / 64 roundings, not with the rows.
 */
import type { GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink, GpuWork } from '../gpu/link.ts';
import type { ColumnSumsKernels } from './kernel.ts';

/** Rows that one thread adds up. */
const CHUNK_ROWS = 64;

/** Row y: the sums of the columns of x over chunk y of its rows. */
function chunkSums(this: KernelThis<'chunkRows' | 'rows'>, x: KernelMatrix): number {
  const first = this.thread.y * this.constants.chunkRows;
  let total = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) total += x[first + r]![this.thread.x]!;
  }
  return total;
}

/** Of the rows of `chunks`: factor times the sum. */
function columnTotals(this: KernelThis<'chunks'>, chunks: KernelMatrix, factor: number): number {
  let total = 0;
  for (let r = 0; r < this.constants.chunks; r++) total += chunks[r]![this.thread.x]!;
  return total * factor;
}

const CHUNK_SUMS: GpuKernel = {
  name: 'chunkSums',
  body: chunkSums,
  sample: { rows: 3, cols: 5, constants: { chunkRows: 4, rows: 10 }, inputs: [[10, 5]], tolerance: 1e-6 },
};
const COLUMN_TOTALS: GpuKernel = {
  name: 'columnTotals',
  body: columnTotals,
  sample: { rows: 1, cols: 5, constants: { chunks: 6 }, inputs: [[6, 5], 0.25], tolerance: 1e-6 },
};
/** (rows / 64, cols): what is left of x (rows, cols) when each chunk of rows is one row; sizes for kernels of that kind. */
export function chunksOf(rows: number, cols: number) {
  return { rows: Math.ceil(rows / CHUNK_ROWS), cols, constants: { rows, chunkRows: CHUNK_ROWS } };
}

/** factor · the sum of the rows of `chunks`, (1, cols). */
export function totalOf(on: GpuWork, chunks: GpuMatrix, factor = 1): Promise<GpuMatrix> {
  const { rows, cols } = chunks;
  return on.run(COLUMN_TOTALS, { rows: 1, cols, constants: { chunks: rows }, inputs: [chunks, factor] });
}

/** factor · the column sums of x, (1, cols). */
export async function columnSumsOf(on: GpuWork, x: GpuMatrix, factor = 1): Promise<GpuMatrix> {
  return totalOf(on, await on.run(CHUNK_SUMS, { ...chunksOf(x.rows, x.cols), inputs: [x] }), factor);
}

export function gpuColumnSums({ queue }: GpuLink): ColumnSumsKernels {
  return {
    columnSums(out, x, rows, cols) {
      queue(async (on) => on.add(out, await columnSumsOf(on, await on.read(x, rows, cols))));
    },
  };
}
