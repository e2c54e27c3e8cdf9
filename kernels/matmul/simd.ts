/**
 * Matrix products after GotoBLAS: blocks of a and b are copied into panels of 4 rows and 8 columns, so that the inner kernel
 * reads both in sequence, and the sums of a 4 x 8 tile of c stay in 8 registers (more, and V8 spills). Sums begin from 0 or
 * from c and go on from c in the next block of k, so that every output adds its products in the order of k.
 *
 * Source: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34 (3), 2008.
 */

import type { Link } from '../link.ts';
import { along, COLUMNS, type Grid, ROWS } from '../threads/job.ts';
import { integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen, whileDo } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, memory, select, v128 } from '../wasm/instructions.ts';
import type { MatmulKernels } from './kernel.ts';
import { emitPack, TILE_COLUMNS, TILE_ROWS } from './panels-simd.ts';

type V = Local<'v128'>;

/** Block sizes: a panel of b (kc x 8) stays in the first cache, a block of a (mc x kc) in the second. */
const BLOCK_M = 256;
const BLOCK_N = 512;
const BLOCK_K = 256;

const TILE_BYTES = 4 * TILE_ROWS * TILE_COLUMNS;
const A_BYTES = 4 * BLOCK_M * BLOCK_K;
const B_BYTES = 4 * BLOCK_N * BLOCK_K;

export function emitMatmul(module: ModuleBuilder): void {
  const pack = emitPack(module);
  const block = emitBlock(module);
  module.func(
    'matmul',
    integers('c', 'cRow', 'a', 'b', 'm', 'n', 'k', 'aRow', 'aColumn', 'bRow', 'bColumn', 'accumulate', 'scratch'),
    'void',
    ({ c, cRow, a, b, m, n, k, aRow, aColumn, bRow, bColumn, accumulate, scratch }, f) => {
      const [mc, nc, kc, aPanels, bPanels] = f.locals('i32', 5);
      return [
        aPanels.set(i32.add(scratch, TILE_BYTES)),
        bPanels.set(i32.add(aPanels, A_BYTES)),
        ifThen(i32.eqz(i32.or(k, accumulate)), [
          forUp(f, 0, m, 1, (i) => [memory.fill(i32.add(c, i32.mul(i, cRow)), 0, i32.shl(n, 2))]),
        ]),
        forUp(f, 0, n, BLOCK_N, (j) => [
          nc.set(atMost(i32.sub(n, j), BLOCK_N)),
          forUp(f, 0, k, BLOCK_K, (p) => [
            kc.set(atMost(i32.sub(k, p), BLOCK_K)),
            pack.columns.call({
              to: bPanels,
              from: i32.add(b, i32.add(i32.mul(p, bRow), i32.mul(j, bColumn))),
              across: bColumn,
              along: bRow,
              count: nc,
              depth: kc,
            }),
            forUp(f, 0, m, BLOCK_M, (i) => [
              mc.set(atMost(i32.sub(m, i), BLOCK_M)),
              pack.rows.call({
                to: aPanels,
                from: i32.add(a, i32.add(i32.mul(i, aRow), i32.mul(p, aColumn))),
                across: aRow,
                along: aColumn,
                count: mc,
                depth: kc,
              }),
              block.call({
                c: i32.add(c, i32.add(i32.mul(i, cRow), i32.shl(j, 2))),
                cRow,
                a: aPanels,
                b: bPanels,
                mc,
                nc,
                kc,
                fresh: i32.eqz(i32.or(p, accumulate)),
                tile: scratch,
              }),
            ]),
          ]),
        ]),
      ];
    },
  );
}

function atMost(value: ReturnType<typeof i32.sub>, limit: number) {
  return select(value, i32.const(limit), i32.lt_u(value, limit));
}

// ---- a block of c from packed panels

/** Tiles of 4 x 8; one that sticks out of c is computed in `tile` and its inner part copied. */
function emitBlock(module: ModuleBuilder) {
  const tileKernel = emitTile(module);
  const copy = emitCopyTile(module);
  return module.func(
    'matmulBlock',
    integers('c', 'cRow', 'a', 'b', 'mc', 'nc', 'kc', 'fresh', 'tile'),
    'void',
    ({ c, cRow, a, b, mc, nc, kc, fresh, tile }, f) => {
      const [rows, columns, aPanel, bPanel, corner] = f.locals('i32', 5);
      return [
        bPanel.set(b),
        forUp(f, 0, nc, TILE_COLUMNS, (j) => [
          columns.set(atMost(i32.sub(nc, j), TILE_COLUMNS)),
          aPanel.set(a),
          forUp(f, 0, mc, TILE_ROWS, (i) => [
            rows.set(atMost(i32.sub(mc, i), TILE_ROWS)),
            corner.set(i32.add(c, i32.add(i32.mul(i, cRow), i32.shl(j, 2)))),
            ifThen(
              i32.and(i32.eq(rows, TILE_ROWS), i32.eq(columns, TILE_COLUMNS)),
              [tileKernel.call({ c: corner, cRow, a: aPanel, b: bPanel, kc, fresh })],
              [
                copy.call({ to: tile, toRow: 4 * TILE_COLUMNS, from: corner, fromRow: cRow, rows, columns }),
                tileKernel.call({ c: tile, cRow: 4 * TILE_COLUMNS, a: aPanel, b: bPanel, kc, fresh }),
                copy.call({ to: corner, toRow: cRow, from: tile, fromRow: 4 * TILE_COLUMNS, rows, columns }),
              ],
            ),
            aPanel.set(i32.add(aPanel, i32.mul(kc, 4 * TILE_ROWS))),
          ]),
          bPanel.set(i32.add(bPanel, i32.mul(kc, 4 * TILE_COLUMNS))),
        ]),
      ];
    },
  );
}

function emitCopyTile(module: ModuleBuilder) {
  return module.func(
    'copyTile',
    integers('to', 'toRow', 'from', 'fromRow', 'rows', 'columns'),
    'void',
    ({ to, toRow, from, fromRow, rows, columns }, f) => [
      forUp(f, 0, rows, 1, () => [
        forUp(f, 0, i32.shl(columns, 2), 4, (byte) => [f32.store(i32.add(to, byte), f32.load(i32.add(from, byte)))]),
        to.set(i32.add(to, toRow)),
        from.set(i32.add(from, fromRow)),
      ]),
    ],
  );
}

/** The inner kernel: c (4, 8) = (fresh ? 0 : c) + a panel · b panel, product by product. */
function emitTile(module: ModuleBuilder) {
  return module.func(
    'matmulTile',
    integers('c', 'cRow', 'a', 'b', 'kc', 'fresh'),
    'void',
    ({ c, cRow, a, b, kc, fresh }, f) => {
      const sums = f.locals('v128', 2 * TILE_ROWS);
      const [b0, b1, x] = f.locals('v128', 3);
      const row = f.local('i32');
      const end = f.local('i32');
      const eachRow = (make: (left: V, right: V, i: number) => Statement[]): Statement[] =>
        Array.from({ length: TILE_ROWS }, (_, i) => make(sums[2 * i]!, sums[2 * i + 1]!, i)).flat();
      return [
        ifThen(i32.eqz(fresh), [
          row.set(c),
          ...eachRow((left, right) => [
            left.set(v128.load(row)),
            right.set(v128.load(row, 16)),
            row.set(i32.add(row, cRow)),
          ]),
        ]),
        // Not unrolled: V8 then runs out of registers (40 GFLOP/s once, 33 twice, 28 four times).
        end.set(i32.add(b, i32.mul(kc, 4 * TILE_COLUMNS))),
        whileDo(i32.ne(b, end), [
          b0.set(v128.load(b)),
          b1.set(v128.load(b, 16)),
          ...eachRow((left, right, i) => [
            x.set(v128.load32_splat(a, 4 * i)),
            left.set(f32x4.add(left, f32x4.mul(x, b0))),
            right.set(f32x4.add(right, f32x4.mul(x, b1))),
          ]),
          a.set(i32.add(a, 4 * TILE_ROWS)),
          b.set(i32.add(b, 4 * TILE_COLUMNS)),
        ]),
        row.set(c),
        ...eachRow((left, right) => [v128.store(row, left), v128.store(row, right, 16), row.set(i32.add(row, cRow))]),
      ];
    },
  );
}

// ---- chunks for several threads

/** The least side of a chunk: each packs its rows of a and columns of b itself, work that grows with how thin it is. */
const LEAST_SIDE = 32;
/** Chunks are about square, of this area or larger, except where that would leave fewer than four. */
const LEAST_AREA = 64 * 64;
const MOST_CHUNKS = 64;
const NANOSECONDS_PER_MULTIPLY_ADD = 1 / 17;
const CHUNK_NANOSECONDS = 50_000;

function inTiles(m: number, n: number, k: number): Grid {
  const nanoseconds = m * n * k * NANOSECONDS_PER_MULTIPLY_ADD;
  const chunks = Math.max(1, Math.min(MOST_CHUNKS, nanoseconds / CHUNK_NANOSECONDS));
  const area = Math.max((m * n) / chunks, Math.min(LEAST_AREA, (m * n) / 4));
  const side = Math.max(LEAST_SIDE, Math.sqrt(area));
  const columnsEach = evenly(n, side, TILE_COLUMNS);
  const rowsEach = evenly(m, Math.max(LEAST_SIDE, area / columnsEach), TILE_ROWS);
  return { nanoseconds, rows: m, rowsEach, columns: n, columnsEach };
}

/** About `wanted`, a multiple of `grain`, so that all parts of `total` are about equal. */
function evenly(total: number, wanted: number, grain: number): number {
  const parts = Math.max(1, Math.round(total / wanted));
  return Math.max(grain, Math.ceil(total / parts / grain) * grain);
}

export function bindMatmul({ split, at, scratch, counts }: Link): MatmulKernels {
  const matmul = split('matmul');
  scratch(TILE_BYTES + A_BYTES + B_BYTES);
  const panels = { scratch: 0 };
  /** Strides in floats: of a by row and by k, of b by k and by column. */
  const product = (
    [c, a, b]: readonly [number, number, number],
    [m, n, k]: readonly [number, number, number],
    [aRow, aColumn, bRow, bColumn]: readonly [number, number, number, number],
    accumulate: boolean,
  ): void => {
    matmul(inTiles(m, n, k), [
      along(c, 4 * n, 4),
      4 * n,
      along(a, 4 * aRow),
      along(b, 0, 4 * bColumn),
      ROWS,
      COLUMNS,
      k,
      4 * aRow,
      4 * aColumn,
      4 * bRow,
      4 * bColumn,
      Number(accumulate),
      panels,
    ]);
    counts.multiplyAdds += m * n * k;
  };
  return {
    matmulNN(c, a, b, m, n, k, accumulate) {
      product([at(c, m * n), at(a, m * k), at(b, k * n)], [m, n, k], [k, 1, n, 1], accumulate);
    },
    matmulNT(c, a, b, m, n, k, accumulate) {
      product([at(c, m * n), at(a, m * k), at(b, k * n)], [m, n, k], [k, 1, 1, k], accumulate);
    },
    matmulTN(c, a, b, m, n, k, accumulate) {
      product([at(c, m * n), at(a, m * k), at(b, k * n)], [m, n, k], [1, m, n, 1], accumulate);
    },
  };
}
