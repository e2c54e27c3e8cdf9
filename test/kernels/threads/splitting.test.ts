import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { awaitThreads } from '../../../kernels/threads/pool.ts';
import { Random } from '../../../src/tensor/random/random.ts';

/** Odd sizes, each call long enough to be split. */
const THREADS = [1, 2, 5];
const BYTES = 8 * 2 ** 20;

/** Room with the same random numbers for each set of kernels. */
class Room {
  readonly kernels: Kernels;
  readonly #random = new Random(1, 'threads');
  readonly views: (Floats | Int32Array)[] = [];

  constructor(threads: number) {
    this.kernels = createKernels({ backend: 'simd', bytes: BYTES, threads });
    assert.is(this.kernels.threads, threads);
  }

  floats(length: number, of: (random: Random) => number = (random) => random.uniform() - 0.5): Floats {
    const view = this.kernels.floats(length);
    // Few draws, repeated at a length that no size divides: enough to tell rows apart, and quick.
    const some = Float32Array.from({ length: Math.min(length, 997) }, () => of(this.#random));
    for (let i = 0; i < length; i++) view[i] = some[i % some.length]!;
    this.views.push(view);
    return view;
  }

  ints(length: number): Int32Array {
    const view = this.kernels.ints(length);
    this.views.push(view);
    return view;
  }

  bytes(length: number): Uint8Array {
    const view = this.kernels.bytes(length);
    for (let i = 0; i < length; i++) view[i] = this.#random.below(256);
    return view;
  }
}

const positive = (random: Random): number => 0.1 + random.uniform();

/** The bits of all operands and the result do not depend on the number of threads. */
function sameForAll(title: string, call: (room: Room) => unknown): void {
  test(`${title}: 1, 2 and 5 threads give the same bits`, () => {
    const [expected, ...others] = THREADS.map((threads) => {
      const room = new Room(threads);
      const result = call(room);
      return {
        result,
        counts: room.kernels.counts,
        bits: room.views.map((view) => new Uint8Array(view.slice().buffer)),
      };
    });
    for (const [i, other] of others.entries()) {
      assert.is(other.result, expected!.result, `${THREADS[i + 1]} threads: result`);
      assert.equal(other.counts, expected!.counts);
      other.bits.forEach((bits, operand) => {
        const differs = bits.findIndex((byte, at) => byte !== expected!.bits[operand]![at]);
        assert.is(differs, -1, `${THREADS[i + 1]} threads: operand ${operand} at byte ${differs}`);
      });
    }
  });
}

test.before(() => {
  createKernels({ backend: 'simd', bytes: 64, threads: 5 });
  assert.is(awaitThreads(30_000), 5);
});

for (const [m, n, k] of [
  [517, 67, 131],
  [65, 259, 517],
  [3, 1001, 301],
] as const) {
  for (const kind of ['matmulNN', 'matmulNT', 'matmulTN'] as const) {
    for (const accumulate of [false, true]) {
      sameForAll(`${kind} ${m} x ${n} x ${k}${accumulate ? ', accumulating' : ''}`, (room) => {
        const [c, a, b] = [room.floats(m * n), room.floats(m * k), room.floats(k * n)];
        room.kernels[kind](c, a, b, m, n, k, accumulate);
      });
    }
  }
}

sameForAll('squaredDistanceScan', (room) => {
  const [out, query, base] = [room.floats(2999), room.floats(131), room.floats(3001 * 131)];
  room.kernels.squaredDistanceScan(out, query, 0, base, 2, 2999, 131);
});
for (const rows of [1, 37]) {
  sameForAll(`squaredDistanceMatrix of ${rows} rows`, (room) => {
    const [out, a, b] = [room.floats(rows * 2001), room.floats((rows + 1) * 131), room.floats(2003 * 131)];
    room.kernels.squaredDistanceMatrix(out, a, 1, rows, b, 2, 2001, 131);
  });
}
sameForAll('nearestRows', (room) => {
  const [ids, distances] = [room.ints(1003), room.floats(1003)];
  room.kernels.nearestRows(ids, distances, room.floats(1004 * 19), 1, 1003, room.floats(77 * 19), 77, 19);
});
sameForAll('tableSumScan', (room) => {
  const [out, table, codes] = [room.floats(9001), room.floats(256 * 13), room.bytes(9003 * 13)];
  room.kernels.tableSumScan(out, table, codes, 2, 9001, 13);
});
sameForAll('scalarCodes', (room) => {
  const codes = room.bytes(3001 * 67);
  room.kernels.scalarCodes(codes, room.floats(3001 * 67), room.floats(67), room.floats(67, positive), 3001, 67);
  return codes.join();
});
sameForAll('codeDistanceScan and byteDistanceScan', (room) => {
  const [out, codes, query] = [room.floats(9001), room.bytes(9003 * 67), room.bytes(67)];
  room.kernels.codeDistanceScan(out, room.floats(67), room.floats(67), codes, 2, 9001, 67);
  room.kernels.byteDistanceScan(room.floats(9001), query, 0, codes, 2, 9001, 67, 0.25);
});

const ELEMENTS = 100_007;
const [ROWS, COLS] = [1283, 67];
sameForAll('fill, add', (room) => {
  const x = room.floats(ELEMENTS);
  room.kernels.fill(x, 0.3, ELEMENTS - 2);
  room.kernels.add(room.floats(ELEMENTS), x, ELEMENTS);
});
sameForAll('copyBlock, addBlock, addBias, columnSums', (room) => {
  const [target, source] = [room.floats(3001 * 80), room.floats(3001 * 90)];
  room.kernels.copyBlock(target, 80, 3, source, 90, 5, 3001, 67);
  room.kernels.addBlock(target, 80, 7, source, 90, 11, 3001, 67);
  room.kernels.addBias(target, source, 3001, 80);
  room.kernels.columnSums(room.floats(80), target, 3001, 80);
});
for (const kind of ['hardswish', 'hardtanh', 'relu'] as const) {
  sameForAll(`${kind} and back`, (room) => {
    const [y, x, dx, dy] = Array.from({ length: 4 }, () => room.floats(ELEMENTS, (random) => 4 * random.normal()));
    room.kernels[kind](y!, x!, ELEMENTS);
    room.kernels[`${kind}Backward`](dx!, dy!, x!, ELEMENTS);
  });
}
sameForAll('clamp and back', (room) => {
  const [y, x, dx, dy] = Array.from({ length: 4 }, () => room.floats(ELEMENTS, (random) => 4 * random.normal()));
  room.kernels.clamp(y!, x!, -1, 2, ELEMENTS);
  room.kernels.clampBackward(dx!, dy!, x!, -1, 2, ELEMENTS);
});
for (const [rows, cols] of [
  [ROWS, COLS],
  [5003, 37],
  [255, 1111],
] as const) {
  sameForAll(`batch norm of ${rows} x ${cols}`, (room) => {
    const [y, x, dx, dy] = Array.from({ length: 4 }, () => room.floats(rows * cols));
    const [mean, variance, gain, bias, dGain, dBias] = Array.from({ length: 6 }, () => room.floats(cols));
    const { kernels } = room;
    kernels.batchNormMoments(mean!, variance!, x!, rows, cols);
    kernels.batchNormForward(y!, x!, mean!, variance!, gain!, bias!, 1e-5, rows, cols);
    kernels.batchNormBackward(dx!, dGain!, dBias!, dy!, x!, mean!, variance!, gain!, 1e-5, rows, cols);
  });
}
for (const biased of [false, true]) {
  sameForAll(`attention and back${biased ? ' with position bias' : ''}`, (room) => {
    const shape = { batch: 67, tokens: 5, heads: 3, keyDim: 7, valueDim: 19, scale: 0.4 };
    const rows = shape.batch * shape.tokens * shape.heads;
    const [out, dOut] = [room.floats(rows * 19), room.floats(rows * 19)];
    const [qkv, dQkv] = [room.floats(rows * 33), room.floats(rows * 33)];
    const probabilities = room.floats(rows * 5);
    const [bias, dBias] = [room.floats(75), room.floats(75)];
    room.kernels.attentionForward(out, probabilities, qkv, biased ? bias : undefined, shape);
    room.kernels.attentionBackward(dQkv, biased ? dBias : undefined, dOut, probabilities, qkv, shape);
  });
}
sameForAll('pairs, INRP and back', (room) => {
  const { kernels } = room;
  const rows = 203;
  const pairs = rows * rows;
  const [x, dx] = [room.floats(rows * 37), room.floats(rows * 37)];
  const [out, dOut, w, original] = Array.from({ length: 4 }, () => room.floats(pairs, positive));
  const [loss, dLoss] = [room.floats(1), room.floats(1)];
  kernels.pairDistances(out!, x, rows, 37);
  kernels.inrpWeights(w!, original!, 0.5, 2, 0.01, pairs);
  kernels.inrpLoss(loss, w!, out!, original!, rows);
  kernels.inrpLossBackward(dOut!, dLoss, w!, out!, original!, rows);
  kernels.pairDistancesBackward(dx, dOut!, out!, x, rows, 37);
});
sameForAll('rows', (room) => {
  const { kernels } = room;
  const [y, x, dx, dy] = Array.from({ length: 4 }, () => room.floats(ROWS * COLS));
  const [norms, distances] = [room.floats(ROWS), room.floats(ROWS)];
  kernels.normalizeRows(y!, norms, x!, ROWS, COLS);
  kernels.normalizeRowsBackward(dx!, dy!, y!, norms, ROWS, COLS);
  kernels.rowDistances(distances, y!, x!, 0.1, ROWS, COLS);
  kernels.rowDistancesBackward(dx!, dy!, norms, distances, y!, x!, ROWS, COLS);
});
sameForAll('variational: sample, divergence, squared error and back', (room) => {
  const { kernels } = room;
  const n = ROWS * COLS;
  const [z, deviation, mean, logVariance, noise, dMean, dLogVariance] = Array.from({ length: 7 }, () => room.floats(n));
  kernels.gaussianSample(z!, deviation!, mean!, logVariance!, noise!, n);
  kernels.gaussianSampleBackward(dMean!, dLogVariance!, z!, deviation!, noise!, n);
  const divergence = kernels.gaussianDivergence(mean!, logVariance!, ROWS, COLS);
  kernels.gaussianDivergenceBackward(dMean!, dLogVariance!, 0.5, mean!, logVariance!, ROWS, COLS);
  const error = kernels.squaredError(z!, mean!, ROWS, COLS);
  kernels.squaredErrorBackward(dMean!, 0.5, z!, mean!, ROWS, COLS);
  return `${divergence} ${error}`;
});
sameForAll('adamw and sgd', (room) => {
  const [parameter, gradient, first, second] = Array.from({ length: 4 }, () => room.floats(ELEMENTS, positive));
  const rates = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  room.kernels.adamw(parameter!, gradient!, first!, second!, ELEMENTS, {
    ...rates,
    correction1: 0.1,
    correction2: 0.01,
  });
  room.kernels.sgd(parameter!, gradient!, first!, ELEMENTS, 0.1, 0.9);
});

test.run();
