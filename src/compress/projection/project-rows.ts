import { computingOf } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { transpose } from '../../../kernels/gpu/transpose.ts';
import { matmul } from '../../../kernels/matmul/gpu.ts';
import { multiplyRows, subtractShift } from '../../tensor/algebra/multiply-rows.ts';
import { createMatrix, type Matrix, requireShape } from '../../tensor/matrix.ts';
import { requireInRange } from '../../tensor/range.ts';
import type { EncodeOptions } from '../compressor.ts';

/** Rows a GPU projects at a time: a launch and two moves have to be worth their cost. */
const GPU_BLOCK_ROWS = 16_384;

/**
 * y = W (x - shift) for each row of x; each output is one sum in the order of the columns, so blocks leave no trace in it.
 *
 * @param x (n, dIn)
 * @param projection W (dOut, dIn)
 * @param shift (dIn), or none
 * @returns (n, dOut)
 * @throws {RangeError} if x has other than dIn columns, or a value of x or y is not finite
 */
export function projectRows(
  where: string,
  x: Matrix,
  projection: Matrix,
  shift: Float32Array | undefined,
  { onProgress, ...computing }: EncodeOptions,
): Matrix {
  requireRows(where, x, projection.cols);
  const result = multiplyRows(where, x, projection, { ...computingOf(computing), shift, onProgress });
  requireInRange(result, `${where}: result`);
  return result;
}

/**
 * `projectRows` on a GPU: each output within `matmulBound(dIn)` of the exact one, as a share of Σ |W| |x - shift|.
 *
 * @throws {RangeError} as `projectRows`
 */
export async function projectRowsOnGpu(
  device: GpuDevice,
  where: string,
  x: Matrix,
  projection: Matrix,
  shift: Float32Array | undefined,
  { onProgress }: EncodeOptions,
): Promise<Matrix> {
  const { rows: dOut, cols: dIn } = projection;
  requireRows(where, x, dIn);
  const result = createMatrix(x.rows, dOut);
  const uploaded = await device.upload(projection.data, dOut, dIn);
  const weights = await transpose(device, uploaded);
  for (let first = 0; first < x.rows; first += GPU_BLOCK_ROWS) {
    const count = Math.min(GPU_BLOCK_ROWS, x.rows - first);
    const values = x.data.slice(first * dIn, (first + count) * dIn);
    if (shift) subtractShift(values, values, shift);
    const input = await device.upload(values, count, dIn);
    const output = await matmul(device, 'NN', input, weights);
    result.data.set(await device.read(output), first * dOut);
    device.free(input, output);
    onProgress?.(first + count, x.rows);
  }
  device.free(uploaded, weights);
  requireInRange(result, `${where}: result`);
  return result;
}

function requireRows(where: string, x: Matrix, dIn: number): void {
  requireShape(x, where);
  if (x.cols !== dIn) throw new RangeError(`${where}: expected ${dIn} columns, got ${x.cols}.`);
  requireInRange(x, where);
}
