import { partsOf, type Vectors } from './vectors.ts';

/** The mean of all rows, each sum in float32, row after row, as faiss has it. */
export function centroid(vectors: Vectors): Float32Array {
  const { cols } = vectors;
  const center = new Float32Array(cols);
  for (const { matrix } of partsOf(vectors)) {
    for (let row = 0; row < matrix.rows; row++) {
      for (let i = 0; i < cols; i++) center[i]! += matrix.data[row * cols + i]!;
    }
  }
  for (let i = 0; i < cols; i++) center[i]! /= vectors.rows;
  return center;
}
