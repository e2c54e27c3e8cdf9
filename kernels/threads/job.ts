/**
 * One call of a WebAssembly function cut into chunks of rows and columns, written into shared memory as numbers, so that any
 * thread can run any chunk. What a chunk computes depends on its place only, so results do not depend on who ran it, nor on
 * how many threads there are.
 */

/** An operand that moves on with the rows or the columns of a chunk. */
export interface Moving {
  readonly from: number;
  /** Added for every row, and for every column, before the chunk. */
  readonly perRow: number;
  readonly perColumn?: number;
}

/** Operands that a chunk fills in: how many rows or columns it has. */
export const ROWS = 'rows';
export const COLUMNS = 'columns';

/** An operand in the scratch memory of the thread that runs the chunk. */
export interface InScratch {
  readonly scratch: number;
}

export type ChunkOperand = number | Moving | InScratch | typeof ROWS | typeof COLUMNS;

/** The rows and columns of a call, how many of them a chunk has, and about how long the whole call takes one thread. */
export interface Grid {
  readonly nanoseconds: number;
  readonly rows: number;
  readonly rowsEach: number;
  readonly columns?: number;
  readonly columnsEach?: number;
  /** The function computes a chunk, not any number of rows: one thread also goes chunk by chunk. */
  readonly alwaysCut?: true;
}

/** An operand that moves by `perRow` bytes from row to row. */
export function along(from: number, perRow: number, perColumn = 0): Moving {
  return { from, perRow, perColumn };
}

/** A chunk takes about this long, or a 256th of the call: taking one costs some 0.3 microseconds. */
const CHUNK_NANOSECONDS = 20_000;
const CHUNKS = 256;

/**
 * Rows that are computed apart from each other, cut by how long one takes.
 *
 * @param each about how many nanoseconds a row takes; from the problem only, like everything here
 * @param grain chunks begin at multiples of it
 */
export function inRows(rows: number, each: number, grain = 1): Grid {
  const nanoseconds = rows * each;
  const wanted = Math.max(CHUNK_NANOSECONDS, nanoseconds / CHUNKS) / each;
  const rowsEach = Math.max(1, Math.min(Math.ceil(rows / grain), Math.ceil(wanted / grain))) * grain;
  return { nanoseconds, rows, rowsEach };
}

/** Elements of flat arrays, four at a time. @param each nanoseconds for one */
export function inElements(n: number, each: number): Grid {
  return inRows(n, each, 1024);
}

const HEAD = 7;
const PER_OPERAND = 4;
const MOST_OPERANDS = 32;
const KIND = { fixed: 0, moving: 1, scratch: 2, rows: 3, columns: 4 } as const;

/** How many numbers a written job takes. */
export const JOB_LENGTH = HEAD + PER_OPERAND * MOST_OPERANDS;

export function chunkCount({ rows, rowsEach, columns = 1, columnsEach = 1 }: Grid): number {
  return Math.ceil(rows / rowsEach) * Math.ceil(columns / columnsEach);
}

/**
 * @param kernels the number under which the threads know the kernels whose function it is
 * @param func the place of the function among the exports
 */
export function writeJob(
  job: Float64Array,
  kernels: number,
  func: number,
  grid: Grid,
  operands: readonly ChunkOperand[],
): void {
  const { rows, rowsEach, columns = 1, columnsEach = 1 } = grid;
  job.set([kernels, func, operands.length, rows, rowsEach, columns, columnsEach]);
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i]!;
    const place = HEAD + PER_OPERAND * i;
    if (typeof operand === 'number') write(job, place, KIND.fixed, operand);
    else if (operand === ROWS) write(job, place, KIND.rows);
    else if (operand === COLUMNS) write(job, place, KIND.columns);
    else if ('scratch' in operand) write(job, place, KIND.scratch, operand.scratch);
    else write(job, place, KIND.moving, operand.from, operand.perRow, operand.perColumn);
  }
}

function write(job: Float64Array, place: number, kind: number, from = 0, perRow = 0, perColumn = 0): void {
  job[place] = kind;
  job[place + 1] = from;
  job[place + 2] = perRow;
  job[place + 3] = perColumn;
}

/** The operands of the whole call, for the calling thread. */
export function wholeCall({ rows, columns = 1 }: Grid, operands: readonly ChunkOperand[], scratch: number): number[] {
  return operands.map((operand) => {
    if (typeof operand === 'number') return operand;
    if (operand === ROWS) return rows;
    if (operand === COLUMNS) return columns;
    return 'scratch' in operand ? scratch + operand.scratch : operand.from;
  });
}

export function jobKernels(job: Float64Array): number {
  return job[0]!;
}

export function jobFunction(job: Float64Array): number {
  return job[1]!;
}

/**
 * The operands of one chunk, into `operands`.
 *
 * @param scratch address of the scratch memory of the present thread
 */
export function chunkOperands(operands: number[], job: Float64Array, chunk: number, scratch: number): void {
  const [rows, rowsEach, columns, columnsEach] = [job[3]!, job[4]!, job[5]!, job[6]!];
  const down = Math.ceil(rows / rowsEach);
  const row = (chunk % down) * rowsEach;
  const column = Math.floor(chunk / down) * columnsEach;
  const count = job[2]!;
  operands.length = count;
  for (let i = 0; i < count; i++) {
    const place = HEAD + PER_OPERAND * i;
    const kind = job[place]!;
    const from = job[place + 1]!;
    if (kind === KIND.fixed) operands[i] = from;
    else if (kind === KIND.moving) operands[i] = from + row * job[place + 2]! + column * job[place + 3]!;
    else if (kind === KIND.scratch) operands[i] = scratch + from;
    else if (kind === KIND.rows) operands[i] = Math.min(rowsEach, rows - row);
    else operands[i] = Math.min(columnsEach, columns - column);
  }
}
