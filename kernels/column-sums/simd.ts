/**
 * Sums of columns over many rows, as `columnSums` defines them: 256 rows after each other from 0, then the sums of these chunks of
 * rows after each other. Chunks are summed into scratch, by several threads where that pays, and then added up in order.
 *
 * All goes row after row with the sums in cache: in a training step the rows come from beyond it, where walking down columns
 * takes 1.7 times as long (13,312 rows x 384, measured).
 */

import type { Link } from '../link.ts';
import { along, COLUMNS, type Grid, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import type { Expression, I32, Statement } from '../wasm/expressions.ts';
import { f32x4, i32, memory } from '../wasm/instructions.ts';
import { SCRATCH_BYTES } from '../wasm/memory.ts';
import type { ColumnSumsKernels } from './kernel.ts';
import { CHUNK_ROWS } from './reference.ts';

type L = Local<'i32'>;
type V = Local<'v128'>;
type Load = (address: I32) => Expression<'v128'>;

/** What is summed, for the element at `byte` of rows of the operands. */
interface Summand {
  readonly operands: readonly L[];
  /** Operands of one row that all rows share. */
  readonly shared: readonly L[];
  readonly sums: readonly L[];
  /** Adds one element to each sum. */
  add(sums: readonly V[], row: readonly Expression<'v128'>[], shared: readonly V[]): readonly Statement[];
}

/** sums = sum over the rows of one chunk, from 0; four rows at a time, one after the other. */
function chunkRows(f: FunctionScope, rows: L, cols: L, stride: L, summand: Summand): Statement[] {
  const { operands, shared, sums } = summand;
  return [
    ...sums.map((one) => memory.fill(one, 0, i32.shl(cols, 2))),
    forUp(f, 0, i32.shr_u(rows, 2), 1, () => someRows(f, 4, cols, stride, operands, shared, sums, summand.add)),
    forUp(f, 0, i32.and(rows, 3), 1, () => someRows(f, 1, cols, stride, operands, shared, sums, summand.add)),
  ];
}

function someRows(
  f: FunctionScope,
  size: 4 | 1,
  cols: L,
  stride: L,
  operands: readonly L[],
  shared: readonly L[],
  sums: readonly L[],
  addOne: Summand['add'],
): Statement[] {
  const rows = Array.from({ length: size }, () => f.locals('i32', operands.length));
  const held = f.locals('v128', sums.length);
  const constants = f.locals('v128', shared.length);
  return [
    ...rows.flatMap((row) => row.flatMap((at, o) => [at.set(operands[o]!), operands[o]!.set(i32.add(at, stride))])),
    eachElement(f, cols, (byte, { load, store }) => {
      const from: Load = (address) => load(i32.add(address, byte));
      return [
        ...held.map((sum, s) => sum.set(from(sums[s]!))),
        ...constants.map((one, s) => one.set(from(shared[s]!))),
        ...rows.flatMap((row) => addOne(held, row.map(from), constants)),
        ...held.map((sum, s) => store(i32.add(sums[s]!, byte), sum)),
      ];
    }),
  ];
}

export function emitColumnSums(module: ModuleBuilder): void {
  const size = integers('stride', 'rows', 'cols');
  module.func('chunkSums', { sums: 'i32', x: 'i32', ...size }, 'void', ({ sums, x, stride, rows, cols }, f) =>
    chunkRows(f, rows, cols, stride, {
      operands: [x],
      shared: [],
      sums: [sums],
      add: ([sum], [value]) => [sum!.set(f32x4.add(sum!, value!))],
    }),
  );
  module.func('chunkSquares', { ...integers('sums', 'x', 'mean'), ...size }, 'void', (all, f) => {
    const difference = f.local('v128');
    return chunkRows(f, all.rows, all.cols, all.stride, {
      operands: [all.x],
      shared: [all.mean],
      sums: [all.sums],
      add: ([sum], [value], [center]) => [
        difference.set(f32x4.sub(value!, center!)),
        sum!.set(f32x4.add(sum!, f32x4.mul(difference, difference))),
      ],
    });
  });
  const slopes = { ...integers('sums', 'centered', 'dy', 'x', 'mean'), ...size } as const;
  module.func('chunkSlopes', slopes, 'void', (all, f) => {
    const slope = f.local('v128');
    return chunkRows(f, all.rows, all.cols, all.stride, {
      operands: [all.dy, all.x],
      shared: [all.mean],
      sums: [all.sums, all.centered],
      add: ([sum, sumCentered], [dy, value], [center]) => [
        slope.set(dy!),
        sum!.set(f32x4.add(sum!, slope)),
        sumCentered!.set(f32x4.add(sumCentered!, f32x4.mul(slope, f32x4.sub(value!, center!)))),
      ],
    });
  });
  const totals = integers('total', 'sums', 'chunks', 'cols');
  module.func('addChunks', totals, 'void', ({ total, sums, chunks, cols }, f) => [
    forUp(f, 0, chunks, 1, () => [
      eachElement(f, cols, (byte, { load, store }) => [
        store(i32.add(total, byte), f32x4.add(load(i32.add(total, byte)), load(i32.add(sums, byte)))),
      ]),
      sums.set(i32.add(sums, i32.shl(cols, 2))),
    ]),
  ]);
}

/** Columns of a chunk that a thread takes. */
const COLUMNS_EACH = 128;

/** Nanoseconds for an element of each operand. */
const ELEMENT = 0.5;

/** Adds sums over rows onto totals (cols each). */
export interface ChunkedSums {
  sums(total: number, x: number, rows: number, cols: number): void;
  /** Of (x - mean)². */
  squares(total: number, x: number, mean: number, rows: number, cols: number): void;
  /** Of dy, and of dy (x - mean). */
  slopes(total: number, centered: number, dy: number, x: number, mean: number, rows: number, cols: number): void;
}

export function bindColumnSums(link: Link): ColumnSumsKernels {
  const { sums } = bindChunkedSums(link, () => 0);
  return {
    columnSums(out, x, rows, cols) {
      sums(link.at(out, cols), link.at(x, rows * cols), rows, cols);
    },
  };
}

/** @param reserved bytes at the start of scratch that the caller keeps */
export function bindChunkedSums({ func, split, scratch }: Link, reserved: (cols: number) => number): ChunkedSums {
  const chunkSums = split('chunkSums');
  const chunkSquares = split('chunkSquares');
  const chunkSlopes = split('chunkSlopes');
  const addChunks = func('addChunks');

  /** For as many chunks of rows at a time as scratch has room for, `arrays` sums of each. */
  const inBands = (
    rows: number,
    cols: number,
    totals: readonly number[],
    operands: number,
    run: (grid: Grid, first: number, sums: readonly number[]) => void,
  ): void => {
    const room = SCRATCH_BYTES - reserved(cols);
    const most = Math.max(1, Math.floor(room / (4 * cols * totals.length)));
    const start = scratch(reserved(cols) + 4 * cols * totals.length) + reserved(cols);
    for (let first = 0; first < rows; first += most * CHUNK_ROWS) {
      const count = Math.min(rows - first, most * CHUNK_ROWS);
      const chunks = Math.ceil(count / CHUNK_ROWS);
      const sums = totals.map((_, i) => start + 4 * cols * chunks * i);
      const columnsEach = Math.min(cols, COLUMNS_EACH);
      const nanoseconds = ELEMENT * operands * count * cols;
      run({ nanoseconds, rows: count, rowsEach: CHUNK_ROWS, columns: cols, columnsEach, alwaysCut: true }, first, sums);
      totals.forEach((total, i) => {
        addChunks(total, sums[i]!, chunks, cols);
      });
    }
  };
  /** The sum of a chunk stands after those of the chunks before. */
  const ofChunk = (from: number, cols: number) => along(from, (4 * cols) / CHUNK_ROWS, 4);
  const ofRows = (from: number, first: number, cols: number) => along(from + 4 * first * cols, 4 * cols, 4);

  return {
    sums(total, x, rows, cols) {
      inBands(rows, cols, [total], 1, (grid, first, [sums]) => {
        chunkSums(grid, [ofChunk(sums!, cols), ofRows(x, first, cols), 4 * cols, ROWS, COLUMNS]);
      });
    },
    squares(total, x, mean, rows, cols) {
      inBands(rows, cols, [total], 1, (grid, first, [sums]) => {
        const from = [ofRows(x, first, cols), along(mean, 0, 4)];
        chunkSquares(grid, [ofChunk(sums!, cols), ...from, 4 * cols, ROWS, COLUMNS]);
      });
    },
    slopes(total, centered, dy, x, mean, rows, cols) {
      inBands(rows, cols, [total, centered], 2, (grid, first, sums) => {
        const to = sums.map((one) => ofChunk(one, cols));
        const from = [ofRows(dy, first, cols), ofRows(x, first, cols), along(mean, 0, 4)];
        chunkSlopes(grid, [...to, ...from, 4 * cols, ROWS, COLUMNS]);
      });
    },
  };
}
