import type { GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, GpuSample, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink, GpuWork } from '../gpu/link.ts';
import { TRANSPOSE } from '../gpu/transpose.ts';
import type { Floats } from '../operands.ts';
import { type MatmulForm, matmulKernel, turnsFirst } from './gpu.ts';
import type { MatmulKernels } from './kernel.ts';

/** Rows of a batch that one thread of aᵀ b adds up: fewer roundings in a row, and enough threads where the product is small. */
const CHUNK_ROWS = 256;
/** Sums of chunks that are kept at once: longer chunks are taken where there would be more. */
const MOST_PARTS = 2 ** 23;

type Chunk = 'chunkRows' | 'rows';

/** Layer z: aᵀ b over chunk z of their rows. */
function chunkProducts(this: KernelThis<Chunk>, a: KernelMatrix, b: KernelMatrix): number {
  const first = this.thread.z * this.constants.chunkRows;
  let total = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) total += a[first + r]![this.thread.y]! * b[first + r]![this.thread.x]!;
  }
  return total;
}

/** The same, four columns a thread. */
function wideChunkProducts(this: KernelThis<Chunk>, a: KernelMatrix, b: KernelMatrix): number[] {
  const first = this.thread.z * this.constants.chunkRows;
  const column = this.thread.x * 4;
  let total0 = 0;
  let total1 = 0;
  let total2 = 0;
  let total3 = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) {
      const left = a[first + r]![this.thread.y]!;
      total0 += left * b[first + r]![column]!;
      total1 += left * b[first + r]![column + 1]!;
      total2 += left * b[first + r]![column + 2]!;
      total3 += left * b[first + r]![column + 3]!;
    }
  }
  return [total0, total1, total2, total3];
}

/** The sum of the layers of x, each of `rows` rows. */
function layerTotals(this: KernelThis<'layers' | 'rows'>, x: KernelMatrix): number {
  let total = 0;
  for (let layer = 0; layer < this.constants.layers; layer++) {
    total += x[layer * this.constants.rows + this.thread.y]![this.thread.x]!;
  }
  return total;
}

const SAMPLE: GpuSample = {
  layers: 3,
  rows: 5,
  cols: 8,
  constants: { chunkRows: 4, rows: 10 },
  inputs: [
    [10, 5],
    [10, 8],
  ],
  tolerance: 1e-6,
};

const CHUNK_PRODUCTS: GpuKernel = { name: 'chunkProducts', body: chunkProducts, sample: SAMPLE };
const WIDE_CHUNK_PRODUCTS: GpuKernel = {
  name: 'wideChunkProducts',
  body: wideChunkProducts,
  lanes: 4,
  sample: SAMPLE,
};
const LAYER_TOTALS: GpuKernel = {
  name: 'layerTotals',
  body: layerTotals,
  sample: { rows: 4, cols: 5, constants: { layers: 3, rows: 4 }, inputs: [[12, 5]], tolerance: 1e-6 },
};

/**
 * The products of matmul/gpu.ts on operands of tapes. aᵀ b sums over the rows of a batch, 53,248 of them in a batch of 4096 samples
 * with 13 tokens: it is taken in chunks of 256 rows, or of more where the product is large.
 */
export function gpuMatmul({ queue, counts, lanes }: GpuLink): MatmulKernels {
  const product =
    (form: MatmulForm) =>
    (c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void => {
      counts.multiplyAdds += m * n * k;
      queue(async (on) => {
        const left = await (form === 'TN' ? on.read(a, k, m) : on.read(a, m, k));
        const right = await (form === 'NT' ? on.read(b, n, k) : on.read(b, k, n));
        let result: GpuMatrix;
        if (form === 'TN' && k > CHUNK_ROWS) result = await longProduct(on, left, right, lanes);
        else if (form === 'NT' && turnsFirst(m, n, k)) {
          const turned = await on.run(TRANSPOSE, { rows: k, cols: n, inputs: [right] });
          result = await shortProduct(on, 'NN', left, turned, lanes);
        } else result = await shortProduct(on, form, left, right, lanes);
        await (accumulate ? on.add(c, result) : on.write(c, result));
      });
    };
  return { matmulNN: product('NN'), matmulNT: product('NT'), matmulTN: product('TN') };
}

/** The product in one launch. */
function shortProduct(on: GpuWork, form: MatmulForm, a: GpuMatrix, b: GpuMatrix, lanes: boolean): Promise<GpuMatrix> {
  const [rows, k] = form === 'TN' ? [a.cols, a.rows] : [a.rows, a.cols];
  const cols = form === 'NT' ? b.rows : b.cols;
  return on.run(matmulKernel(form, cols, lanes), { rows, cols, constants: { k }, inputs: [a, b] });
}

/** aᵀ b of many rows. */
async function longProduct(on: GpuWork, a: GpuMatrix, b: GpuMatrix, lanes: boolean): Promise<GpuMatrix> {
  const shape = { rows: a.cols, cols: b.cols };
  let chunkRows = CHUNK_ROWS;
  while (Math.ceil(a.rows / chunkRows) > 1 && Math.ceil(a.rows / chunkRows) * a.cols * b.cols > MOST_PARTS)
    chunkRows *= 2;
  const layers = Math.ceil(a.rows / chunkRows);
  const parts = await on.run(lanes && b.cols % 4 === 0 ? WIDE_CHUNK_PRODUCTS : CHUNK_PRODUCTS, {
    ...shape,
    layers,
    constants: { chunkRows, rows: a.rows },
    inputs: [a, b],
  });
  return on.run(LAYER_TOTALS, { ...shape, constants: { layers, rows: a.cols }, inputs: [parts] });
}
