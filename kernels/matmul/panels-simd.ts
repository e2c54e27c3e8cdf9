/**
 * Copies of blocks of a and b in the order in which the inner kernel reads them: in a panel of width w, element (depth p, lane r)
 * lies at p · w + r. Missing lanes of the last panel are 0.
 */
import { integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, i32, i32x4, memory, v128 } from '../wasm/instructions.ts';

type V = Local<'v128'>;

/** The part of c whose sums stay in registers. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

const PACK = integers('to', 'from', 'across', 'along', 'count', 'depth');

/**
 * `across` is the step in bytes from lane to lane, `along` from depth to depth; one of them is 4 (or the size is 1).
 */
export function emitPack(module: ModuleBuilder) {
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
