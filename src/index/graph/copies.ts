import { partsOf, type Vectors } from '../../tensor/vectors/vectors.ts';

/**
 * Which rows hold the same vector: the row itself, or the first row equal to it.
 *
 * @returns the representative of each row, or `undefined` where all rows differ
 */
export function representatives(vectors: Vectors): Int32Array | undefined {
  const { rows, cols } = vectors;
  const found = Int32Array.from({ length: rows }, (_, row) => row);
  const newest = new Map<number, number>(); // hash to the newest different row of that hash
  const older = new Int32Array(rows).fill(-1); // the different row of the same hash before it
  const parts = Array.from(partsOf(vectors), ({ matrix }) => matrix.data);
  const rowsEach = 'parts' in vectors ? vectors.parts[0]!.rows : rows;
  let copies = 0;
  for (const { first, matrix } of partsOf(vectors)) {
    const { data } = matrix;
    const bits = new Int32Array(data.buffer, data.byteOffset, matrix.rows * cols);
    for (let row = first; row < first + matrix.rows; row++) {
      const at = (row - first) * cols;
      const hash = hashRow(bits, at, cols);
      const last = newest.get(hash) ?? -1;
      let same = last;
      while (same >= 0 && !equalRows(data, at, parts[Math.floor(same / rowsEach)]!, (same % rowsEach) * cols, cols)) {
        same = older[same]!;
      }
      if (same >= 0) {
        found[row] = same;
        copies++;
      } else {
        older[row] = last;
        newest.set(hash, row);
      }
    }
  }
  return copies > 0 ? found : undefined;
}

/** The next row with the same vector, in ascending order; -1 after the last. */
export function nextCopies(representatives: Int32Array): Int32Array {
  const next = new Int32Array(representatives.length).fill(-1);
  const last = new Int32Array(representatives.length);
  for (let row = 0; row < representatives.length; row++) {
    const first = representatives[row]!;
    if (first !== row) next[last[first]!] = row;
    last[first] = row;
  }
  return next;
}

/** FNV-1a over 32-bit words; -0 counts as 0, which it equals. */
function hashRow(bits: Int32Array, begin: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = begin; i < begin + length; i++) {
    const word = bits[i]!;
    hash = Math.imul(hash ^ (word === -0x80000000 ? 0 : word), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function equalRows(a: Float32Array, aAt: number, b: Float32Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
