import { eachElement, type FunctionScope, forUp, ifThen, type Local, type ModuleBuilder } from '../assembler.ts';
import { eachStrip } from '../columns.ts';
import { f32, f32x4, type I32, i32, type Statement, v128 } from '../instructions.ts';
import { reduceLanes, sumTerms } from '../lane-sums.ts';
import type { Link } from '../link.ts';
import { expStatements } from '../math/simd.ts';
import { type AttentionKernels, attentionMultiplyAdds, SOFTMAX_TAIL } from './reference.ts';

type L = Local<'i32'>;

export function emitAttention(module: ModuleBuilder): void {
  emitForward(module);
  emitBackward(module);
}

/** results[j] = a · row(j), j < count, where row(j) = first + j stride; `length` floats each. Four rows at a time. */
function dots(f: FunctionScope, results: L, a: L, first: I32, stride: L, count: L, length: L): Statement[] {
  const row = f.local('i32');
  const place = f.local('i32');
  const dot = f.local('v128');
  const group = (size: 4 | 1): Statement[] => {
    const sums = f.locals('v128', size);
    const rows = sums.map((_, g) => i32.add(row, i32.mul(stride, g)));
    return [
      ...sumTerms(f, sums, a, rows, length, f32x4.mul),
      ...reduceLanes(f, dot, sums),
      size === 4 ? v128.store(place, dot) : v128.store32_lane(place, dot, 0),
      row.set(i32.add(row, i32.mul(stride, size))),
      place.set(i32.add(place, 4 * size)),
    ];
  };
  return [
    row.set(first),
    place.set(results),
    forUp(f, 0, i32.shr_u(count, 2), 1, () => group(4)),
    forUp(f, 0, i32.and(count, 3), 1, () => group(1)),
  ];
}

/** target += (or, from 0, =) sum over j < count, in order, of weights[j] row(j), over `length` columns. */
function weightedRows(
  f: FunctionScope,
  target: I32,
  accumulate: boolean,
  weights: { first: I32; stride: I32 },
  rows: { first: I32; stride: I32 },
  count: I32,
  length: I32,
): Statement[] {
  const [weight, row] = [f.local('i32'), f.local('i32')];
  const factor = f.local('v128');
  const sums = f.locals('v128', 4);
  return eachStrip(f, length, 4, (byte, { vectors, load, store }) => [
    ...vectors.map((v) => sums[v]!.set(accumulate ? load(i32.add(target, byte), v) : f32x4.const(0))),
    weight.set(weights.first),
    row.set(i32.add(rows.first, byte)),
    forUp(f, 0, count, 1, () => [
      factor.set(v128.load32_splat(weight)),
      ...vectors.map((v) => sums[v]!.set(f32x4.add(sums[v]!, f32x4.mul(factor, load(row, v))))),
      weight.set(i32.add(weight, weights.stride)),
      row.set(i32.add(row, rows.stride)),
    ]),
    ...vectors.map((v) => store(i32.add(target, byte), sums[v]!, v)),
  ]);
}

/** One row of `count` logits becomes probabilities, in place. */
function softmax(f: FunctionScope, row: L, count: L): Statement[] {
  const [largest, sum] = [f.local('f32'), f.local('f32')];
  const [shifted, power, tail, splat] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  const bytes = i32.shl(count, 2);
  return [
    largest.set(f32.load(row)),
    forUp(f, 4, bytes, 4, (byte) => [largest.set(f32.max(largest, f32.load(i32.add(row, byte))))]),
    splat.set(f32x4.splat(largest)),
    eachElement(f, count, (byte, lanes) => [
      shifted.set(f32x4.sub(lanes.load(i32.add(row, byte)), splat)),
      tail.set(f32x4.lt(shifted, f32x4.const(SOFTMAX_TAIL))),
      ...expStatements(f, power, shifted),
      lanes.store(i32.add(row, byte), v128.andnot(power, tail)),
    ]),
    sum.set(0),
    forUp(f, 0, bytes, 4, (byte) => [sum.set(f32.add(sum, f32.load(i32.add(row, byte))))]),
    splat.set(f32x4.splat(sum)),
    eachElement(f, count, (byte, lanes) => [
      lanes.store(i32.add(row, byte), f32x4.div(lanes.load(i32.add(row, byte)), splat)),
    ]),
  ];
}

const SIZES = { batch: 'i32', tokens: 'i32', heads: 'i32', keyDim: 'i32', valueDim: 'i32', scale: 'f32' } as const;

/** Addresses that step from head to head and from item to item, and the strides in bytes from token to token. */
function walk(
  f: FunctionScope,
  sizes: { batch: L; tokens: L; heads: L; keyDim: L; valueDim: L },
  body: (head: { h: L; qkvStride: L; outStride: L; keyBytes: L; valueBytes: L; qkvByte: L; outByte: L }) => Statement[],
): Statement[] {
  const { batch, tokens, heads, keyDim, valueDim } = sizes;
  const [qkvStride, outStride, keyBytes, valueBytes, qkvByte, outByte] = f.locals('i32', 6) as [L, L, L, L, L, L];
  const lastTokens = i32.sub(tokens, 1);
  return [
    keyBytes.set(i32.shl(keyDim, 2)),
    valueBytes.set(i32.shl(valueDim, 2)),
    outStride.set(i32.mul(heads, valueBytes)),
    qkvStride.set(i32.mul(heads, i32.add(i32.shl(keyBytes, 1), valueBytes))),
    forUp(f, 0, batch, 1, () => [
      forUp(f, 0, heads, 1, (h) => [
        ...body({ h, qkvStride, outStride, keyBytes, valueBytes, qkvByte, outByte }),
        qkvByte.set(i32.add(qkvByte, i32.add(i32.shl(keyBytes, 1), valueBytes))),
        outByte.set(i32.add(outByte, valueBytes)),
      ]),
      // The heads of one token are behind us: skip the other tokens of this item.
      qkvByte.set(i32.add(qkvByte, i32.mul(qkvStride, lastTokens))),
      outByte.set(i32.add(outByte, i32.mul(outStride, lastTokens))),
    ]),
  ];
}

function emitForward(module: ModuleBuilder): void {
  const operands = { out: 'i32', probabilities: 'i32', qkv: 'i32', positionBias: 'i32' } as const;
  module.func('attentionForward', { ...operands, ...SIZES }, 'void', (all, f) => {
    const { out, probabilities, qkv, positionBias, tokens, valueDim, keyDim } = all;
    const [row, query, bias, output] = f.locals('i32', 4) as [L, L, L, L];
    const scale = f.local('v128');
    return [
      scale.set(f32x4.splat(all.scale)),
      row.set(probabilities),
      ...walk(f, all, ({ h, qkvStride, outStride, keyBytes, qkvByte, outByte }) => [
        query.set(i32.add(qkv, qkvByte)),
        output.set(i32.add(out, outByte)),
        bias.set(i32.add(positionBias, i32.shl(i32.mul(h, i32.mul(tokens, tokens)), 2))),
        forUp(f, 0, tokens, 1, () => [
          ...dots(f, row, query, i32.add(i32.add(qkv, qkvByte), keyBytes), qkvStride, tokens, keyDim),
          eachElement(f, tokens, (byte, lanes) => [
            lanes.store(i32.add(row, byte), f32x4.mul(lanes.load(i32.add(row, byte)), scale)),
          ]),
          ifThen(positionBias, [
            eachElement(f, tokens, (byte, lanes) => [
              lanes.store(
                i32.add(row, byte),
                f32x4.add(lanes.load(i32.add(row, byte)), lanes.load(i32.add(bias, byte))),
              ),
            ]),
            bias.set(i32.add(bias, i32.shl(tokens, 2))),
          ]),
          ...softmax(f, row, tokens),
          ...weightedRows(
            f,
            output,
            false,
            { first: row, stride: i32.const(4) },
            { first: i32.add(i32.add(qkv, qkvByte), i32.shl(keyBytes, 1)), stride: qkvStride },
            tokens,
            valueDim,
          ),
          row.set(i32.add(row, i32.shl(tokens, 2))),
          query.set(i32.add(query, qkvStride)),
          output.set(i32.add(output, outStride)),
        ]),
      ]),
    ];
  });
}

function emitBackward(module: ModuleBuilder): void {
  const operands = { dQkv: 'i32', dPositionBias: 'i32', dOut: 'i32', probabilities: 'i32', qkv: 'i32' } as const;
  module.func('attentionBackward', { ...operands, ...SIZES, slopes: 'i32' }, 'void', (all, f) => {
    const { dQkv, dPositionBias, dOut, probabilities, qkv, tokens, keyDim, valueDim, slopes } = all;
    const [first, row, place, dBias, output, key] = f.locals('i32', 6) as [L, L, L, L, L, L];
    const mean = f.local('f32');
    const [scale, average, slope, factor] = f.locals('v128', 4) as [V, V, V, V];
    const bytes = i32.shl(tokens, 2);
    return [
      scale.set(f32x4.splat(all.scale)),
      first.set(probabilities), // of this head
      ...walk(f, all, ({ h, qkvStride, outStride, keyBytes, qkvByte, outByte }) => [
        dBias.set(i32.add(dPositionBias, i32.shl(i32.mul(h, i32.mul(tokens, tokens)), 2))),
        row.set(first),
        place.set(qkvByte), // of q_i in qkv and in dQkv
        output.set(i32.add(dOut, outByte)),
        forUp(f, 0, tokens, 1, () => [
          // slopes[j] = dP_ij; mean = sum_j P_ij dP_ij
          ...dots(f, slopes, output, i32.add(i32.add(qkv, qkvByte), i32.shl(keyBytes, 1)), qkvStride, tokens, valueDim),
          mean.set(0),
          forUp(f, 0, bytes, 4, (byte) => [
            mean.set(f32.add(mean, f32.mul(f32.load(i32.add(row, byte)), f32.load(i32.add(slopes, byte))))),
          ]),
          average.set(f32x4.splat(mean)),
          // slopes[j] = scale dL_ij
          eachElement(f, tokens, (byte, lanes) => [
            slope.set(f32x4.sub(lanes.load(i32.add(slopes, byte)), average)),
            slope.set(f32x4.mul(lanes.load(i32.add(row, byte)), slope)),
            ifThen(dPositionBias, [
              lanes.store(i32.add(dBias, byte), f32x4.add(lanes.load(i32.add(dBias, byte)), slope)),
            ]),
            lanes.store(i32.add(slopes, byte), f32x4.mul(slope, scale)),
          ]),
          // dQ_i += sum_j slopes[j] k_j
          ...weightedRows(
            f,
            i32.add(dQkv, place),
            true,
            { first: slopes, stride: i32.const(4) },
            { first: i32.add(i32.add(qkv, qkvByte), keyBytes), stride: qkvStride },
            tokens,
            keyDim,
          ),
          // dK_j += slopes[j] q_i
          key.set(i32.add(i32.add(dQkv, qkvByte), keyBytes)),
          forUp(f, 0, bytes, 4, (j) => [
            factor.set(v128.load32_splat(i32.add(slopes, j))),
            eachElement(f, keyDim, (byte, lanes) => [
              lanes.store(
                i32.add(key, byte),
                f32x4.add(
                  lanes.load(i32.add(key, byte)),
                  f32x4.mul(factor, lanes.load(i32.add(i32.add(qkv, place), byte))),
                ),
              ),
            ]),
            key.set(i32.add(key, qkvStride)),
          ]),
          row.set(i32.add(row, bytes)),
          dBias.set(i32.add(dBias, bytes)),
          place.set(i32.add(place, qkvStride)),
          output.set(i32.add(output, outStride)),
        ]),
        // dV_j += sum_i P_ij dOut_i: column j of P
        place.set(i32.add(i32.add(dQkv, qkvByte), i32.shl(keyBytes, 1))),
        forUp(f, 0, bytes, 4, (j) => [
          ...weightedRows(
            f,
            place,
            true,
            { first: i32.add(first, j), stride: bytes },
            { first: i32.add(dOut, outByte), stride: outStride },
            tokens,
            valueDim,
          ),
          place.set(i32.add(place, qkvStride)),
        ]),
        first.set(row),
      ]),
    ];
  });
}

type V = Local<'v128'>;

export function bindAttention({ func, at, scratch, counts }: Link): AttentionKernels {
  const forward = func('attentionForward');
  const backward = func('attentionBackward');
  return {
    attentionForward(out, probabilities, qkv, positionBias, shape) {
      const { batch, tokens, heads, keyDim, valueDim, scale } = shape;
      const rows = batch * tokens * heads;
      const [o, p, x] = [
        at(out, rows * valueDim),
        at(probabilities, rows * tokens),
        at(qkv, rows * (2 * keyDim + valueDim)),
      ];
      const bias = positionBias ? at(positionBias, heads * tokens * tokens) : 0;
      forward(o, p, x, bias, batch, tokens, heads, keyDim, valueDim, scale);
      counts.multiplyAdds += attentionMultiplyAdds(shape);
    },
    attentionBackward(dQkv, dPositionBias, dOut, probabilities, qkv, shape) {
      const { batch, tokens, heads, keyDim, valueDim, scale } = shape;
      const rows = batch * tokens * heads;
      const n = rows * (2 * keyDim + valueDim);
      const [d, p, x] = [at(dOut, rows * valueDim), at(probabilities, rows * tokens), at(qkv, n)];
      const bias = dPositionBias ? at(dPositionBias, heads * tokens * tokens) : 0;
      const slopes = scratch(4 * tokens);
      backward(at(dQkv, n), bias, d, p, x, batch, tokens, heads, keyDim, valueDim, scale, slopes);
      counts.multiplyAdds += 2 * attentionMultiplyAdds(shape);
    },
  };
}
