/**
 * Matrix products after GotoBLAS: blocks of a and b are copied into panels of 4 rows and 8 columns, so that the inner kernel
 * reads both in sequence, and the sums of a 4 x 8 tile of c stay in 8 registers (more, and V8 spills). Sums begin from 0 or
 * from c and go on from c in the next block of k, so that every output adds its products in the order of k.
 *
 * Source: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34 (3), 2008.
 */

import { along, COLUMNS, type Grid, ROWS } from '../threads/job.ts';
import { integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen, whileDo } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, i32x4, memory, select, v128 } from '../wasm/instructions.ts';
import type { Link } from '../wasm/link.ts';
import type { MatmulKernels } from './kernel.ts';

type V = Local<'v128'>;

const TILE_ROWS = 4;
const TILE_COLUMNS = 8;
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

// ---- panels: element (depth p, lane r) of a panel of width w at p · w + r; missing lanes of the last panel are 0

const PACK = integers('to', 'from', 'across', 'along', 'count', 'depth');

/**
 * `across` is the step in bytes from lane to lane, `along` from depth to depth; one of them is 4 (or the size is 1).
 */
function emitPack(module: ModuleBuilder) {
  const turn = emitTurn(module);
  const edge = emitPackEdge(module);
  const make = (name: string, width: number) =>
    module.func(name, PACK, 'void', ({ to, from, across, along, count, depth }, f) => {
      const [source, target, panelBytes] = f.locals('i32', 3);
      const copies: Statement[] = [];
      const turns: Statement[] = [];
      for (let lane = 0; lane < width; lane += 4) {
        copies.push(v128.store(target, v128.load(source, 4 * lane), 4 * lane));
        const rows = i32.add(from, i32.mul(across, lane));
        turns.push(turn.call({ to: i32.add(to, 4 * lane), from: rows, across, depth, step: 4 * width }));
      }
      return [
        panelBytes.set(i32.mul(depth, 4 * width)),
        forUp(f, width, i32.add(count, 1), width, () => [
          ifThen(
            i32.eq(across, 4),
            [
              source.set(from),
              target.set(to),
              forUp(f, 0, depth, 1, () => [
                ...copies,
                source.set(i32.add(source, along)),
                target.set(i32.add(target, 4 * width)),
              ]),
            ],
            turns,
          ),
          from.set(i32.add(from, i32.mul(across, width))),
          to.set(i32.add(to, panelBytes)),
        ]),
        count.set(i32.rem_u(count, width)),
        ifThen(count, [edge.call({ to, from, across, along, count, depth, width })]),
      ];
    });
  return { rows: make('packRows', TILE_ROWS), columns: make('packColumns', TILE_COLUMNS) };
}

/** Four rows contiguous in depth become four lanes: 4 x 4 transposes, then single elements. */
function emitTurn(module: ModuleBuilder) {
  const signature = integers('to', 'from', 'across', 'depth', 'step');
  return module.func('packTurned', signature, 'void', ({ to, from, across, depth, step }, f) => {
    const rows = f.locals('i32', 4);
    const r = f.locals('v128', 4);
    const t = f.locals('v128', 4);
    const store = (lanes: readonly [number, number, number, number], low: V, high: V): Statement[] => [
      v128.store(to, i32x4.shuffle(low, high, lanes)),
      to.set(i32.add(to, step)),
    ];
    return [
      ...rows.map((row, i) => row.set(i === 0 ? from : i32.add(rows[i - 1]!, across))),
      forUp(f, 0, i32.shr_u(depth, 2), 1, () => [
        ...r.map((one, i) => one.set(v128.load(rows[i]!))),
        t[0].set(i32x4.shuffle(r[0], r[1], [0, 4, 1, 5])),
        t[1].set(i32x4.shuffle(r[2], r[3], [0, 4, 1, 5])),
        t[2].set(i32x4.shuffle(r[0], r[1], [2, 6, 3, 7])),
        t[3].set(i32x4.shuffle(r[2], r[3], [2, 6, 3, 7])),
        ...store([0, 1, 4, 5], t[0], t[1]),
        ...store([2, 3, 6, 7], t[0], t[1]),
        ...store([0, 1, 4, 5], t[2], t[3]),
        ...store([2, 3, 6, 7], t[2], t[3]),
        ...rows.map((row) => row.set(i32.add(row, 16))),
      ]),
      forUp(f, 0, i32.and(depth, 3), 1, () => [
        ...rows.map((row, i) => f32.store(to, f32.load(row), 4 * i)),
        to.set(i32.add(to, step)),
        ...rows.map((row) => row.set(i32.add(row, 4))),
      ]),
    ];
  });
}

/** The last panel, `count` < `width` lanes and zeros. */
function emitPackEdge(module: ModuleBuilder) {
  return module.func(
    'packEdge',
    { ...PACK, width: 'i32' },
    'void',
    ({ to, from, across, along, count, depth, width }, f) => {
      const source = f.local('i32');
      const widthBytes = i32.shl(width, 2);
      return [
        memory.fill(to, 0, i32.mul(depth, widthBytes)),
        forUp(f, 0, depth, 1, () => [
          source.set(from),
          forUp(f, 0, i32.shl(count, 2), 4, (lane) => [
            f32.store(i32.add(to, lane), f32.load(source)),
            source.set(i32.add(source, across)),
          ]),
          to.set(i32.add(to, widthBytes)),
          from.set(i32.add(from, along)),
        ]),
      ];
    },
  );
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
