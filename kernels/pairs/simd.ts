import { countDistances } from '../distance/reference.ts';
import { type Link, movingRows } from '../link.ts';
import { logStatements } from '../math/simd.ts';
import { along, inElements, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachStrip } from '../wasm/columns.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, select, v128 } from '../wasm/instructions.ts';
import { lastFloats, reduceLanes, sumTerms } from '../wasm/lane-sums.ts';
import type { PairKernels } from './kernel.ts';
import { SMALLEST_NORMAL } from './reference.ts';

type L = Local<'i32'>;

export function emitPairs(module: ModuleBuilder): void {
  emitPairDistances(module);
  emitPairDistancesBackward(module);
  emitInrpWeights(module);
  emitInrpLoss(module);
  emitInrpLossBackward(module);
}

/** Address of element `index` of floats. */
function element(base: I32, index: I32): I32 {
  return i32.add(base, i32.shl(index, 2));
}

function emitPairDistances(module: ModuleBuilder): void {
  const parameters = integers('out', 'x', 'rows', 'dim', 'first', 'count');
  module.func('pairDistances', parameters, 'void', ({ out, x, rows, dim, first, count }, f) => {
    const distances = f.local('v128');
    const difference = f.local('v128');
    const [self, other, right, down] = f.locals('i32', 4);
    const j = f.local('i32');
    const rowBytes = i32.shl(dim, 2);
    const outBytes = i32.shl(rows, 2);
    /** Pairs (i, j) to (i, j + size - 1), mirrored. */
    const group = (size: 4 | 1): Statement[] => {
      const sums = f.locals('v128', size);
      const others = sums.map((_, g) => i32.add(other, i32.mul(rowBytes, g)));
      return [
        ...sumTerms(f, sums, self, others, dim, (a, b) => f32x4.mul(difference.tee(f32x4.sub(a, b)), difference)),
        ...reduceLanes(f, distances, sums),
        distances.set(f32x4.sqrt(distances)),
        size === 4 ? v128.store(right, distances) : v128.store32_lane(right, distances, 0),
        ...sums.flatMap((_, g) => [v128.store32_lane(down, distances, g), down.set(i32.add(down, outBytes))]),
        right.set(i32.add(right, 4 * size)),
        other.set(i32.add(other, i32.mul(rowBytes, size))),
        j.set(i32.add(j, size)),
      ];
    };
    return [
      forUp(f, first, i32.add(first, count), 1, (i) => [
        self.set(i32.add(x, i32.mul(i, rowBytes))),
        right.set(element(out, i32.mul(i, i32.add(rows, 1)))),
        f32.store(right, 0),
        j.set(i32.add(i, 1)),
        other.set(i32.add(self, rowBytes)),
        down.set(i32.add(right, outBytes)),
        right.set(i32.add(right, 4)),
        forUp(f, 0, i32.shr_u(i32.sub(rows, j), 2), 1, () => group(4)),
        forUp(f, j, rows, 1, () => group(1)),
      ]),
    ];
  });
}

function emitPairDistancesBackward(module: ModuleBuilder): void {
  const parameters = integers('dx', 'dOut', 'out', 'x', 'rows', 'dim', 'first', 'count', 'factors');
  module.func('pairDistancesBackward', parameters, 'void', (all, f) => {
    const { dx, dOut, out, x, rows, dim, first, count, factors } = all;
    const [across, down, self, other, place] = f.locals('i32', 5);
    const distance = f.local('f32');
    const factor = f.local('v128');
    const [own, sums] = [f.locals('v128', 4), f.locals('v128', 4)];
    const rowBytes = i32.shl(dim, 2);
    return [
      forUp(f, first, i32.add(first, count), 1, (i) => [
        // factors[j] = (dOut[i, j] + dOut[j, i]) / out[i, j], or 0
        across.set(i32.shl(i32.mul(i, rows), 2)),
        down.set(element(dOut, i)),
        eachFloat(f, rows, (byte) => [
          distance.set(f32.load(i32.add(i32.add(out, across), byte))),
          f32.store(
            i32.add(factors, byte),
            select(
              f32.const(0),
              f32.div(f32.add(f32.load(i32.add(i32.add(dOut, across), byte)), f32.load(down)), distance),
              f32.eq(distance, 0),
            ),
          ),
          down.set(i32.add(down, i32.shl(rows, 2))),
        ]),
        self.set(i32.mul(i, rowBytes)),
        ...eachStrip(f, dim, 4, (byte, { vectors, load, store }) => [
          place.set(i32.add(self, byte)),
          ...vectors.flatMap((v) => [own[v]!.set(load(i32.add(x, place), v)), sums[v]!.set(f32x4.const(0))]),
          other.set(i32.add(x, byte)),
          eachFloat(f, rows, (j) => [
            factor.set(v128.load32_splat(i32.add(factors, j))),
            ...vectors.map((v) =>
              sums[v]!.set(f32x4.add(sums[v]!, f32x4.mul(factor, f32x4.sub(own[v]!, load(other, v))))),
            ),
            other.set(i32.add(other, rowBytes)),
          ]),
          place.set(i32.add(dx, place)),
          ...vectors.map((v) => store(place, f32x4.add(load(place, v), sums[v]!), v)),
        ]),
      ]),
    ];
  });
}

function eachFloat(f: FunctionScope, n: I32, body: (byte: L) => readonly Statement[]): Statement {
  return forUp(f, 0, i32.shl(n, 2), 4, body);
}

function emitInrpWeights(module: ModuleBuilder): void {
  const parameters = { w: 'i32', d: 'i32', boundary: 'f32', alpha: 'f32', beta: 'f32', n: 'i32' } as const;
  module.func('inrpWeights', parameters, 'void', ({ w, d, boundary, alpha, beta, n }, f) => {
    const [limit, most, least] = f.locals('v128', 3);
    const [ratio, logarithm] = f.locals('v128', 2);
    return [
      limit.set(f32x4.splat(boundary)),
      most.set(f32x4.splat(alpha)),
      least.set(f32x4.splat(beta)),
      eachElement(f, n, (byte, lanes) => [
        ratio.set(f32x4.div(lanes.load(i32.add(d, byte)), limit)),
        ...logStatements(f, logarithm, ratio),
        logarithm.set(f32x4.min(most, f32x4.max(least, f32x4.neg(logarithm)))),
        lanes.store(i32.add(w, byte), v128.bitselect(most, logarithm, f32x4.lt(ratio, f32x4.const(SMALLEST_NORMAL)))),
      ]),
    ];
  });
}

function emitInrpLoss(module: ModuleBuilder): void {
  const parameters = integers('sums', 'w', 'compressed', 'original', 'count', 'rows');
  module.func('inrpLossRows', parameters, 'void', ({ sums, w, compressed, original, count, rows }, f) => {
    const [sum, a, b, c] = f.locals('v128', 4);
    const [row, whole] = f.locals('i32', 2);
    const at = (base: L, place: I32) => i32.add(base, i32.add(row, place));
    const accumulate = sum.set(f32x4.add(sum, f32x4.mul(a, f32x4.abs(f32x4.sub(b, c)))));
    return [
      whole.set(i32.shl(i32.and(rows, -4), 2)),
      forUp(f, 0, count, 1, (i) => [
        row.set(i32.shl(i32.mul(i, rows), 2)),
        sum.set(f32x4.const(0)),
        forUp(f, 0, whole, 16, (byte) => [
          a.set(v128.load(at(w, byte))),
          b.set(v128.load(at(compressed, byte))),
          c.set(v128.load(at(original, byte))),
          accumulate,
        ]),
        lastFloats(rows, (load) => [
          a.set(load(at(w, whole))),
          b.set(load(at(compressed, whole))),
          c.set(load(at(original, whole))),
          accumulate,
        ]),
        ...reduceLanes(f, sum, [sum]),
        v128.store32_lane(element(sums, i), sum, 0),
      ]),
    ];
  });
}

function emitInrpLossBackward(module: ModuleBuilder): void {
  const operands = { dCompressed: 'i32', factor: 'f32', ...integers('w', 'compressed', 'original', 'n') } as const;
  module.func('inrpLossBackward', operands, 'void', ({ dCompressed, factor, w, compressed, original, n }, f) => {
    const [scale, slope, error, step] = f.locals('v128', 4);
    const zero = f32x4.const(0);
    return [
      scale.set(f32x4.splat(factor)),
      eachElement(f, n, (byte, lanes) => [
        slope.set(f32x4.mul(scale, lanes.load(i32.add(w, byte)))),
        error.set(f32x4.sub(lanes.load(i32.add(compressed, byte)), lanes.load(i32.add(original, byte)))),
        step.set(v128.and(f32x4.neg(slope), f32x4.lt(error, zero))),
        step.set(v128.bitselect(slope, step, f32x4.gt(error, zero))),
        lanes.store(i32.add(dCompressed, byte), f32x4.add(lanes.load(i32.add(dCompressed, byte)), step)),
      ]),
    ];
  });
}

/** Nanoseconds for one dimension of one pair, forwards and backwards, and for one entry of a matrix of pairs. */
const DIMENSION = 0.1;
const BACK_DIMENSION = 0.19;
const WEIGHT = 3;
const ENTRY = 1;

export function bindPairs({ func, split, at, scratch, counts }: Link): PairKernels {
  const pairDistances = split('pairDistances');
  const pairDistancesBackward = split('pairDistancesBackward');
  const inrpWeights = split('inrpWeights');
  const sumInOrder = func('sumInOrder');
  const inrpLossRows = split('inrpLossRows');
  const inrpLossBackward = split('inrpLossBackward');
  return {
    pairDistances(out, x, rows, dim) {
      const grid = inRows(rows, (rows / 2) * (DIMENSION * dim + 2));
      pairDistances(grid, [at(out, rows * rows), at(x, rows * dim), rows, dim, along(0, 1), ROWS]);
      countDistances(counts, (rows * (rows - 1)) / 2, dim);
    },
    pairDistancesBackward(dx, dOut, out, x, rows, dim) {
      const [n, pairs] = [rows * dim, rows * rows];
      const operands = [at(dx, n), at(dOut, pairs), at(out, pairs), at(x, n), rows, dim];
      scratch(4 * rows);
      const grid = inRows(rows, rows * (BACK_DIMENSION * dim + 2));
      pairDistancesBackward(grid, [...operands, along(0, 1), ROWS, { scratch: 0 }]);
      counts.multiplyAdds += pairs * dim;
    },
    inrpWeights(w, d, boundary, alpha, beta, n) {
      inrpWeights(inElements(n, WEIGHT), [...movingRows(at, [w, d], n), boundary, alpha, beta, ROWS]);
    },
    inrpLoss(loss, w, compressed, original, rows) {
      const matrices = movingRows(at, [w, compressed, original], rows, rows);
      const sums = scratch(4 * rows);
      inrpLossRows(inRows(rows, ENTRY * rows), [along(sums, 4), ...matrices, ROWS, rows]);
      loss[0] = Math.fround(sumInOrder(sums, rows) / Math.fround(rows * rows));
    },
    inrpLossBackward(dCompressed, dLoss, w, compressed, original, rows) {
      const n = rows * rows;
      const [to, ...from] = movingRows(at, [dCompressed, w, compressed, original], n);
      inrpLossBackward(inElements(n, ENTRY), [to!, dLoss[0]! / n, ...from, ROWS]);
    },
  };
}
