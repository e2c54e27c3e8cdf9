import type { Matrix } from '../tensor/matrix.ts';

/**
 * Which rows hold the same vector: the row itself, or the first row equal to it.
 *
 * @returns the representative of each row, or `undefined` where all rows differ
 */
export function representatives(matrix: Matrix): Int32Array | undefined {
  const { rows, cols, data } = matrix;
  const found = Int32Array.from({ length: rows }, (_, row) => row);
  const bits = new Int32Array(data.buffer, data.byteOffset, rows * cols);
  const newest = new Map<number, number>(); // hash to the newest different row of that hash
  const older = new Int32Array(rows).fill(-1); // the different row of the same hash before it
  let copies = 0;
  for (let row = 0; row < rows; row++) {
    const hash = hashRow(bits, row * cols, cols);
    const last = newest.get(hash) ?? -1;
    let same = last;
    while (same >= 0 && !equalRows(data, row * cols, same * cols, cols)) same = older[same]!;
    if (same >= 0) {
      found[row] = same;
      copies++;
    } else {
      older[row] = last;
      newest.set(hash, row);
    }
  }
  return copies > 0 ? found : undefined;
}

/** The next row with the same vector, in ascending order; -1 after the last. */
export function nextCopies(found: Int32Array): Int32Array {
  const next = new Int32Array(found.length).fill(-1);
  const last = new Int32Array(found.length);
  for (let row = 0; row < found.length; row++) {
    const first = found[row]!;
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

function equalRows(data: Float32Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[a + i] !== data[b + i]) return false;
  return true;
}
