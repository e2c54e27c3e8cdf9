import type { GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';

/**
 * The k smallest values of each column, one after the other. The rows are cut into segments, of which the smallest value not taken
 * yet is known: a round looks through the segments of its column, takes the least, and finds the next in that one segment alone.
 * All equal values go by row, the first first. A NaN is never taken, and infinity is a value like others.
 */
type Segments = KernelThis<'size' | 'rows'>;

/** (segments, m): the row of the smallest value of a segment; -1 where there is none. */
function firstOfSegment(this: Segments, values: KernelMatrix): number {
  const column = this.thread.x;
  const first = this.thread.y * this.constants.size;
  let smallest = -1;
  let least = values[first]![column]!;
  for (let i = 0; i < this.constants.size; i++) {
    const row = first + i;
    if (row < this.constants.rows) {
      const value = values[row]![column]!;
      if (value < least || (smallest < 0 && (value >= 0 || value < 0))) {
        least = value;
        smallest = row;
      }
    }
  }
  return smallest;
}

/** (k, m): the rows taken before, and in row `round` the least of what the segments offer. */
function taken(
  this: KernelThis<'segments'>,
  before: KernelMatrix,
  segments: KernelMatrix,
  values: KernelMatrix,
  round: number,
): number {
  const column = this.thread.x;
  if (this.thread.y !== round) return before[this.thread.y]![column]!;
  let smallest = -1;
  let least = 3e38;
  for (let i = 0; i < this.constants.segments; i++) {
    const row = segments[i]![column]!;
    if (row >= 0) {
      const value = values[row]![column]!;
      if (value < least || smallest < 0) {
        least = value;
        smallest = row;
      }
    }
  }
  return smallest;
}

/** (segments, m): what each segment offers once the row of `round` is taken; -1 where nothing is left. */
function nextOfSegment(
  this: Segments,
  segments: KernelMatrix,
  rows: KernelMatrix,
  values: KernelMatrix,
  round: number,
): number {
  const column = this.thread.x;
  const first = this.thread.y * this.constants.size;
  const last = rows[round]![column]!;
  if (last < 0 || segments[this.thread.y]![column]! !== last) return segments[this.thread.y]![column]!;
  const before = values[last]![column]!;
  let smallest = -1;
  let least = 3e38;
  for (let i = 0; i < this.constants.size; i++) {
    const row = first + i;
    if (row < this.constants.rows) {
      const value = values[row]![column]!;
      if ((value < least || smallest < 0) && (value > before || (value === before && row > last))) {
        least = value;
        smallest = row;
      }
    }
  }
  return smallest;
}

/** (k, m): the values of rows; `none` where there is none. */
function valuesOf(this: KernelThis, rows: KernelMatrix, values: KernelMatrix, none: number): number {
  const row = rows[this.thread.y]![this.thread.x]!;
  if (row < 0) return none;
  return values[row]![this.thread.x]!;
}

const [NONE, FAR] = [Number.NaN, Number.POSITIVE_INFINITY];
/** Nine rows in segments of four, four columns; in one all values are equal, in the last most are no number. */
const VALUES = [
  ...[0.5, 2, 9, NONE, 0.25, 2, 8, FAR, 0.75, 2, 7, NONE, 1.5, 2, 6, 4, 3.5, 2, 5, NONE],
  ...[2.5, 2, 4, NONE, 0.125, 2, 3, NONE, 4.5, 2, 2, NONE, 5.5, 2, 1, FAR],
] as const;
const OFFERED = [1, 0, 3, 3, 6, 4, 7, -1, 8, 8, 8, 8] as const;
const TAKEN = [6, 0, 8, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1] as const;

const FIRST: GpuKernel = {
  name: 'smallest rows: segments',
  body: firstOfSegment,
  sample: { rows: 3, cols: 4, constants: { size: 4, rows: 9 }, inputs: [[9, 4, VALUES]], tolerance: 0 },
};
const TAKE: GpuKernel = {
  name: 'smallest rows: take',
  body: taken,
  sample: {
    rows: 4,
    cols: 4,
    constants: { segments: 3 },
    tolerance: 0,
    inputs: [[4, 4, TAKEN], [3, 4, OFFERED], [9, 4, VALUES], 1],
  },
};
const NEXT: GpuKernel = {
  name: 'smallest rows: next',
  body: nextOfSegment,
  sample: {
    rows: 3,
    cols: 4,
    constants: { size: 4, rows: 9 },
    tolerance: 0,
    inputs: [[3, 4, OFFERED], [4, 4, TAKEN], [9, 4, VALUES], 0],
  },
};
const VALUES_OF: GpuKernel = {
  name: 'smallest rows: values',
  body: valuesOf,
  sample: {
    rows: 3,
    cols: 4,
    constants: {},
    inputs: [[3, 4, OFFERED], [9, 4, VALUES], FAR],
    tolerance: 0,
  },
};

/** What a device found: matrices of slots, overwritten by the next call for the same shapes. */
export interface SmallestRows {
  /** (k, m): row numbers, by (value, row); -1 where a column has fewer than k that are no NaN. */
  readonly rows: GpuMatrix;
  /** (k, m): their values; infinity beside -1. */
  readonly values: GpuMatrix;
}

/**
 * The k smallest values of each column, by (value, row): all of it on the device, so that k x m numbers are read and not n x m.
 *
 * As in a selection tree of one level, a round compares 2 sqrt(n) values instead of n.
 *
 * @param values (n, m); n at most 2^24, k at most n
 */
export async function smallestRows(device: GpuDevice, values: GpuMatrix, k: number): Promise<SmallestRows> {
  const { rows, cols } = values;
  const size = Math.ceil(Math.sqrt(rows));
  const segments = Math.ceil(rows / size);
  const constants = { size, rows };
  const shape = { rows: segments, cols, constants };
  let offered = await device.run(FIRST, { ...shape, inputs: [values], slot: 'first' });
  const start = await device.upload(new Float32Array(k * cols), k, cols);
  let found = start;
  for (let round = 0; round < k; round++) {
    const slot = `turn ${round % 2}`;
    const take = { rows: k, cols, constants: { segments }, inputs: [found, offered, values, round], slot };
    found = await device.run(TAKE, take);
    if (round + 1 < k) offered = await device.run(NEXT, { ...shape, inputs: [offered, found, values, round], slot });
  }
  device.free(start);
  return {
    rows: found,
    values: await device.run(VALUES_OF, {
      rows: k,
      cols,
      inputs: [found, values, Number.POSITIVE_INFINITY],
      slot: 'values',
    }),
  };
}
