import { type Link, movingRows } from '../link.ts';
import { inRows, ROWS } from '../threads/job.ts';
import { integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp, ifThen } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, v128 } from '../wasm/instructions.ts';
import { reduceLanes, sumTerms } from '../wasm/lane-sums.ts';
import type { RowKernels } from './kernel.ts';
import { SMALLEST_NORM } from './reference.ts';

export function emitRows(module: ModuleBuilder): void {
  emitNormalizeRows(module);
  emitNormalizeRowsBackward(module);
  emitRowDistances(module);
  emitRowDistancesBackward(module);
}

/** Moves addresses of rows on by one row. */
function nextRow(addresses: readonly Local<'i32'>[], cols: Local<'i32'>): Statement[] {
  return addresses.map((address) => address.set(i32.add(address, i32.shl(cols, 2))));
}

/** The same for addresses of one number a row. */
function nextNumber(addresses: readonly Local<'i32'>[]): Statement[] {
  return addresses.map((address) => address.set(i32.add(address, 4)));
}

function emitNormalizeRows(module: ModuleBuilder): void {
  const operands = integers('y', 'norms', 'x', 'rows', 'cols');
  module.func('normalizeRows', operands, 'void', ({ y, norms, x, rows, cols }, f) => {
    const [sum, norm] = f.locals('v128', 2);
    return [
      forUp(f, 0, rows, 1, () => [
        ...sumTerms(f, [sum], x, [x], cols, (a, b) => f32x4.mul(a, b)),
        ...reduceLanes(f, norm, [sum]),
        norm.set(f32x4.pmax(f32x4.sqrt(norm), f32x4.const(SMALLEST_NORM))),
        v128.store32_lane(norms, norm, 0),
        norm.set(f32x4.splat(f32x4.extract_lane(norm, 0))),
        eachElement(f, cols, (byte, lanes) => [
          lanes.store(i32.add(y, byte), f32x4.div(lanes.load(i32.add(x, byte)), norm)),
        ]),
        ...nextRow([y, x], cols),
        ...nextNumber([norms]),
      ]),
    ];
  });
}

function emitNormalizeRowsBackward(module: ModuleBuilder): void {
  const operands = integers('dx', 'dy', 'y', 'norms', 'rows', 'cols');
  module.func('normalizeRowsBackward', operands, 'void', ({ dx, dy, y, norms, rows, cols }, f) => {
    const [sum, along, norm] = f.locals('v128', 3);
    return [
      forUp(f, 0, rows, 1, () => [
        ifThen(f32.gt(f32.load(norms), SMALLEST_NORM), [
          norm.set(v128.load32_splat(norms)),
          ...sumTerms(f, [sum], y, [dy], cols, (a, b) => f32x4.mul(a, b)),
          ...reduceLanes(f, along, [sum]),
          along.set(f32x4.splat(f32x4.extract_lane(along, 0))),
          eachElement(f, cols, (byte, lanes) => {
            const place = i32.add(dx, byte);
            const across = f32x4.sub(lanes.load(i32.add(dy, byte)), f32x4.mul(lanes.load(i32.add(y, byte)), along));
            return [lanes.store(place, f32x4.add(lanes.load(place), f32x4.div(across, norm)))];
          }),
        ]),
        ...nextRow([dx, dy, y], cols),
        ...nextNumber([norms]),
      ]),
    ];
  });
}

function emitRowDistances(module: ModuleBuilder): void {
  const operands = { ...integers('out', 'a', 'b'), square: 'f32', rows: 'i32', cols: 'i32' } as const;
  module.func('rowDistances', operands, 'void', ({ out, a, b, square, rows, cols }, f) => {
    const [sum, difference] = f.locals('v128', 2);
    return [
      forUp(f, 0, rows, 1, () => [
        ...sumTerms(f, [sum], a, [b], cols, (p, q) => f32x4.mul(difference.tee(f32x4.sub(p, q)), difference)),
        ...reduceLanes(f, sum, [sum]),
        f32.store(out, f32.sqrt(f32.add(f32x4.extract_lane(sum, 0), square))),
        ...nextRow([a, b], cols),
        ...nextNumber([out]),
      ]),
    ];
  });
}

function emitRowDistancesBackward(module: ModuleBuilder): void {
  const operands = integers('da', 'db', 'dOut', 'out', 'a', 'b', 'rows', 'cols');
  module.func('rowDistancesBackward', operands, 'void', ({ da, db, dOut, out, a, b, rows, cols }, f) => {
    const [factor, step] = f.locals('v128', 2);
    return [
      forUp(f, 0, rows, 1, () => [
        factor.set(f32x4.div(v128.load32_splat(dOut), v128.load32_splat(out))),
        eachElement(f, cols, (byte, lanes) => {
          const [toA, toB] = [i32.add(da, byte), i32.add(db, byte)];
          return [
            step.set(f32x4.sub(lanes.load(i32.add(a, byte)), lanes.load(i32.add(b, byte)))),
            step.set(f32x4.mul(factor, step)),
            lanes.store(toA, f32x4.add(lanes.load(toA), step)),
            lanes.store(toB, f32x4.sub(lanes.load(toB), step)),
          ];
        }),
        ...nextRow([da, db, a, b], cols),
        ...nextNumber([dOut, out]),
      ]),
    ];
  });
}

/** Nanoseconds for an element. */
const ELEMENT = 0.8;

export function bindRows({ split, at }: Link): RowKernels {
  const normalizeRows = split('normalizeRows');
  const normalizeRowsBackward = split('normalizeRowsBackward');
  const rowDistances = split('rowDistances');
  const rowDistancesBackward = split('rowDistancesBackward');
  return {
    normalizeRows(y, norms, x, rows, cols) {
      const [to, from] = movingRows(at, [y, x], rows, cols);
      normalizeRows(inRows(rows, ELEMENT * cols), [to!, ...movingRows(at, [norms], rows), from!, ROWS, cols]);
    },
    normalizeRowsBackward(dx, dy, y, norms, rows, cols) {
      const moving = movingRows(at, [dx, dy, y], rows, cols);
      normalizeRowsBackward(inRows(rows, ELEMENT * cols), [...moving, ...movingRows(at, [norms], rows), ROWS, cols]);
    },
    rowDistances(out, a, b, epsilon, rows, cols) {
      const moving = movingRows(at, [a, b], rows, cols);
      rowDistances(inRows(rows, ELEMENT * cols), [
        ...movingRows(at, [out], rows),
        ...moving,
        epsilon * epsilon,
        ROWS,
        cols,
      ]);
    },
    rowDistancesBackward(da, db, dOut, out, a, b, rows, cols) {
      const [toA, toB, fromA, fromB] = movingRows(at, [da, db, a, b], rows, cols);
      const slopes = movingRows(at, [dOut, out], rows);
      rowDistancesBackward(inRows(rows, ELEMENT * cols), [toA!, toB!, ...slopes, fromA!, fromB!, ROWS, cols]);
    },
  };
}
