import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { type GpuKernels, gpuKernels } from '../../../kernels/resident/gpu-kernels.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const devices = await gpuDevices();

/** One call of a kernel: the lengths of its operands, which of them are results, and how far these may be from float64. */
interface Case {
  readonly name: keyof Kernels;
  readonly lengths: readonly number[];
  readonly results: readonly number[];
  /** Of the largest value of a result. */
  readonly bound: number;
  call(kernels: Kernels, operands: readonly Floats[]): void;
  /** Operands that must be positive. */
  readonly positive?: readonly number[];
}

const N = 35;
const ROWS = 300; // chunks of 64 and of 256 rows, with a rest
const SHAPE = { batch: 3, tokens: 5, heads: 3, keyDim: 4, valueDim: 6, scale: 0.5 };
const [QKV, OUT, PROBABILITIES] = [15 * 42, 15 * 18, 9 * 25];
const RATES = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  correction1: 0.1,
  correction2: 0.001,
};

const CASES: readonly Case[] = [
  { name: 'relu', lengths: [N, N], results: [0], bound: 0, call: (k, [y, x]) => k.relu(y!, x!, N) },
  {
    name: 'normalizeRows',
    lengths: [N, 5, N],
    results: [0, 1],
    bound: 1e-6,
    call: (k, [y, norms, x]) => k.normalizeRows(y!, norms!, x!, 5, 7),
  },
  { name: 'hardswish', lengths: [N, N], results: [0], bound: 2e-7, call: (k, [y, x]) => k.hardswish(y!, x!, N) },
  {
    name: 'hardswishBackward',
    lengths: [N, N, N],
    results: [0],
    bound: 2e-7,
    call: (k, [dx, dy, x]) => k.hardswishBackward(dx!, dy!, x!, N),
  },
  { name: 'hardtanh', lengths: [N, N], results: [0], bound: 0, call: (k, [y, x]) => k.hardtanh(y!, x!, N) },
  {
    name: 'hardtanhBackward',
    lengths: [N, N, N],
    results: [0],
    bound: 6e-8,
    call: (k, [dx, dy, x]) => k.hardtanhBackward(dx!, dy!, x!, N),
  },
  { name: 'fill', lengths: [N], results: [0], bound: 6e-8, call: (k, [x]) => k.fill(x!, 0.3, N) },
  { name: 'add', lengths: [N, N], results: [0], bound: 6e-8, call: (k, [y, x]) => k.add(y!, x!, N) },
  {
    name: 'copyBlock',
    lengths: [30, 20],
    results: [0],
    bound: 0,
    call: (k, [y, x]) => k.copyBlock(y!, 6, 2, x!, 4, 1, 5, 3),
  },
  {
    name: 'copyBlock',
    lengths: [20, 20],
    results: [0],
    bound: 0,
    call: (k, [y, x]) => k.copyBlock(y!, 4, 0, x!, 4, 0, 5, 4),
  },
  {
    name: 'addBlock',
    lengths: [30, 20],
    results: [0],
    bound: 6e-8,
    call: (k, [y, x]) => k.addBlock(y!, 6, 2, x!, 4, 1, 5, 3),
  },
  {
    name: 'addBlock',
    lengths: [20, 20],
    results: [0],
    bound: 6e-8,
    call: (k, [y, x]) => k.addBlock(y!, 4, 0, x!, 4, 0, 5, 4),
  },
  { name: 'addBias', lengths: [N, 7], results: [0], bound: 6e-8, call: (k, [y, x]) => k.addBias(y!, x!, 5, 7) },
  {
    name: 'columnSums',
    lengths: [6, 6 * ROWS],
    results: [0],
    bound: 1e-6,
    call: (k, [out, x]) => k.columnSums(out!, x!, ROWS, 6),
  },
  ...(['matmulNN', 'matmulNT', 'matmulTN'] as const).flatMap((name) =>
    [7, 8].flatMap((n) =>
      [30, ROWS].map((inner) => ({
        name,
        lengths: [6 * n, 6 * inner, n * inner],
        results: [0],
        bound: 2e-6,
        call: (k: Kernels, [c, a, b]: readonly Floats[]) => k[name](c!, a!, b!, 6, n, inner, n === 7),
      })),
    ),
  ),
  {
    name: 'matmulNT',
    lengths: [65_536, 65_536, 65_536],
    results: [0],
    bound: 2e-6, // transposed first
    call: (k, [c, a, b]) => k.matmulNT(c!, a!, b!, 256, 256, 256, false),
  },
  {
    name: 'batchNormMoments',
    lengths: [6, 6, 6 * ROWS],
    results: [0, 1],
    bound: 1e-6,
    call: (k, [mean, variance, x]) => k.batchNormMoments(mean!, variance!, x!, ROWS, 6),
  },
  {
    name: 'batchNormForward',
    lengths: [6 * ROWS, 6 * ROWS, 6, 6, 6, 6],
    results: [0],
    bound: 1e-6,
    positive: [3],
    call: (k, [y, x, mean, variance, gain, bias]) =>
      k.batchNormForward(y!, x!, mean!, variance!, gain!, bias!, 1e-5, ROWS, 6),
  },
  {
    name: 'batchNormBackward',
    lengths: [6 * ROWS, 6, 6, 6 * ROWS, 6 * ROWS, 6, 6, 6],
    results: [0, 1, 2],
    bound: 2e-6,
    positive: [6],
    call: (k, [dx, dGain, dBias, dy, x, mean, variance, gain]) =>
      k.batchNormBackward(dx!, dGain!, dBias!, dy!, x!, mean!, variance!, gain!, 1e-5, ROWS, 6),
  },
  {
    name: 'moveAverage',
    lengths: [6, 6],
    results: [0],
    bound: 2e-7,
    call: (k, [average, sample]) => k.moveAverage(average!, sample!, 1.25, 0.1, 6),
  },
  {
    name: 'attentionForward',
    lengths: [OUT, PROBABILITIES, QKV],
    results: [0, 1],
    bound: 2e-6,
    call: (k, [out, p, qkv]) => k.attentionForward(out!, p!, qkv!, undefined, SHAPE),
  },
  {
    name: 'attentionForward',
    lengths: [OUT, PROBABILITIES, QKV, 75],
    results: [0, 1],
    bound: 2e-6,
    call: (k, [out, p, qkv, bias]) => k.attentionForward(out!, p!, qkv!, bias!, SHAPE),
  },
  {
    name: 'attentionBackward',
    lengths: [QKV, 75, OUT, PROBABILITIES, QKV],
    results: [0, 1],
    bound: 2e-6,
    call: (k, [dQkv, dBias, dOut, p, qkv]) => k.attentionBackward(dQkv!, dBias!, dOut!, p!, qkv!, SHAPE),
  },
  ...[30, 28].map(
    (rows): Case => ({
      name: 'pairDistances',
      lengths: [rows * rows, rows * 10],
      results: [0],
      bound: 1e-6,
      call: (k, [out, x]) => k.pairDistances(out!, x!, rows, 10),
    }),
  ),
  ...[3, 4].map(
    (dim): Case => ({
      name: 'pairDistancesBackward',
      lengths: [70 * dim, 4900, 4900, 70 * dim],
      results: [0],
      bound: 2e-6,
      positive: [2],
      call: (k, [dx, dOut, out, x]) => k.pairDistancesBackward(dx!, dOut!, out!, x!, 70, dim),
    }),
  ),
  {
    name: 'inrpWeights',
    lengths: [900, 900],
    results: [0],
    bound: 2e-6,
    positive: [1],
    call: (k, [w, d]) => k.inrpWeights(w!, d!, 0.8, 2, 0.01, 900),
  },
  {
    name: 'inrpLoss',
    lengths: [1, 4900, 4900, 4900],
    results: [0],
    bound: 2e-6,
    positive: [1],
    call: (k, [loss, w, compressed, original]) => k.inrpLoss(loss!, w!, compressed!, original!, 70),
  },
  {
    name: 'inrpLossBackward',
    lengths: [900, 1, 900, 900, 900],
    results: [0],
    bound: 3e-7,
    call: (k, [dCompressed, dLoss, w, compressed, original]) =>
      k.inrpLossBackward(dCompressed!, dLoss!, w!, compressed!, original!, 30),
  },
  {
    name: 'adamw',
    lengths: [N, N, N, N],
    results: [0, 2, 3],
    bound: 5e-7,
    positive: [3],
    call: (k, [parameter, gradient, first, second]) => k.adamw(parameter!, gradient!, first!, second!, N, RATES),
  },
];

/** Standard normals in float32, every ninth of them 0; positive ones from 0 up. */
function contents({ lengths, positive = [] }: Case): Float64Array[] {
  const random = new Random('contents', 'gpu/kernels');
  return lengths.map((length, operand) =>
    Float64Array.from({ length }, (_, i) => {
      const value = i % 9 === 8 ? 0 : Math.fround(random.normal());
      return positive.includes(operand) ? Math.abs(value) : value;
    }),
  );
}

function sent(kernels: GpuKernels, values: Float64Array): Floats {
  const operand = kernels.floats(values.length);
  operand.set(values);
  kernels.send(operand);
  return operand;
}

/** The largest difference of a result from float64, as a share of its largest value. */
async function errorOf(device: GpuDevice, one: Case): Promise<number> {
  const exact = contents(one);
  const kernels = gpuKernels(device);
  const operands = exact.map((values) => sent(kernels, values));
  const reference = referenceKernels({ precision: 'float64' });
  one.call(reference, exact);
  one.call(kernels, operands);
  await kernels.fetch(...operands);
  kernels.close();
  assert.equal(kernels.counts, reference.counts, `${one.name}: counts`);
  return Math.max(
    ...one.results.map((place) => {
      const largest = Math.max(...exact[place]!.map(Math.abs));
      return Math.max(...exact[place]!.map((value, i) => Math.abs(value - operands[place]![i]!))) / largest;
    }),
  );
}

/** The contents of a case with a value in one place of each operand; those that must be positive keep out -Infinity. */
function withSpecial(one: Case, value: number): Float64Array[] {
  return contents(one).map((values, operand) => {
    const fits = value !== Number.NEGATIVE_INFINITY || !one.positive?.includes(operand);
    if (fits) values[(7 * operand + 3) % values.length] = value;
    return values;
  });
}

/** What a value is: NaN, an infinity, or finite. */
function kind(value: number): number {
  return Number.isFinite(value) ? 0 : value;
}

/** Where the device gives another kind of value than the loops in float32, in words. */
async function strangers(device: GpuDevice, one: Case, special: number): Promise<string[]> {
  const kernels = gpuKernels(device);
  const operands = withSpecial(one, special).map((values) => sent(kernels, values));
  const expected = withSpecial(one, special).map((values) => Float32Array.from(values));
  one.call(referenceKernels(), expected);
  one.call(kernels, operands);
  await kernels.fetch(...operands);
  kernels.close();
  return one.results.flatMap((place) =>
    [...expected[place]!].flatMap((value, i) => {
      const found = operands[place]![i]!;
      const same = Object.is(kind(value), kind(found));
      return same ? [] : [`${one.name} (${one.lengths}) of ${special}: element ${i} is ${value}, not ${found}`];
    }),
  );
}

for (const device of devices) {
  const { backend } = device.report;

  test(`${backend}: NaN and infinities come out of every kernel where they come out of the loops that define it`, async () => {
    for (const special of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const one of CASES) {
        if (one.lengths[0]! > 10_000) continue; // the same kernels, larger
        assert.equal((await strangers(device, one, special)).slice(0, 3), []);
      }
    }
  });

  test(`${backend}: every kernel of training is within its bound of float64`, async () => {
    for (const one of CASES) {
      const error = await errorOf(device, one);
      assert.ok(error <= one.bound, `${one.name} (${one.lengths.join(', ')}): ${error}, bound ${one.bound}`);
    }
  });

  test(`${backend}: a probability 40 below the largest logit is exactly 0, and huge logits are no infinity`, async () => {
    const kernels = gpuKernels(device);
    const shape = { batch: 1, tokens: 2, heads: 1, keyDim: 1, valueDim: 1, scale: 1 };
    const qkv = sent(kernels, Float64Array.of(1000, 1, 3, 2, 0.9, 5));
    const [out, probabilities] = [kernels.floats(2), kernels.floats(4)];
    kernels.attentionForward(out, probabilities, qkv, undefined, shape);
    await kernels.fetch(out, probabilities);
    kernels.close();
    assertSame([...probabilities.subarray(0, 2)], [1, 0]); // logits 1000 and 900
    assert.ok([...out, ...probabilities].every(Number.isFinite));
  });

  test(`${backend}: equal rows have distance 0, weight alpha and no gradient`, async () => {
    const kernels = gpuKernels(device);
    const x = sent(kernels, Float64Array.of(1, 2, 1, 2, 4, 6));
    const [out, w, dx] = [kernels.floats(9), kernels.floats(9), kernels.floats(6)];
    kernels.pairDistances(out, x, 3, 2);
    kernels.inrpWeights(w, out, 3, 2, 0.01, 9);
    kernels.pairDistancesBackward(dx, sent(kernels, Float64Array.of(0, 9, 0, 9, 0, 0, 0, 0, 0)), out, x, 3, 2);
    await kernels.fetch(out, w, dx);
    kernels.close();
    assertSame([...out], [0, 0, 5, 0, 0, 5, 5, 5, 0]);
    assert.equal([w[0], w[1]], [2, 2]);
    assertSame([...dx], [0, 0, 0, 0, 0, 0]);
  });

  test(`${backend}: parts of an operand are read, written and added to in their place`, async () => {
    const kernels = gpuKernels(device);
    const whole = sent(kernels, Float64Array.of(1, 2, 3, 4, 5, 6));
    const y = kernels.floats(2);
    kernels.hardtanh(y, whole.subarray(2, 4), 2);
    kernels.add(whole.subarray(4, 6), y, 2);
    kernels.hardtanh(whole.subarray(0, 2), whole.subarray(0, 2), 2);
    await kernels.fetch(whole, y);
    kernels.close();
    assertSame([...y], [1, 1]);
    assertSame([...whole], [1, 1, 3, 4, 6, 7]);
  });

  test(`${backend}: an operand changed by itself alternates between two places; memory stays the same`, async () => {
    const kernels = gpuKernels(device);
    const [y, x] = [sent(kernels, Float64Array.of(1, 2)), sent(kernels, Float64Array.of(0.5, 0.25))];
    for (let step = 0; step < 3; step++) kernels.add(y, x, 2);
    await kernels.launch();
    const compiled = device.compiled;
    for (let step = 0; step < 5; step++) kernels.add(y, x, 2);
    await kernels.fetch(y);
    kernels.close();
    assertSame([...y], [5, 4]);
    assert.is(device.compiled, compiled);
  });

  test(`${backend}: kernels in use at once share no memory; closed ones leave what was compiled`, async () => {
    const [first, second] = [gpuKernels(device), gpuKernels(device)];
    const results = [first, second].map((kernels, i) => {
      const y = kernels.floats(3);
      kernels.hardtanh(y, sent(kernels, Float64Array.of(i, i / 2, i / 4)), 3);
      return y;
    });
    await first.launch();
    await second.launch();
    await first.fetch(results[0]!);
    await second.fetch(results[1]!);
    assertSame(
      results.map((y) => [...y]),
      [
        [0, 0, 0],
        [1, 0.5, 0.25],
      ],
    );
    first.close();
    second.close();
    const compiled = device.compiled;
    const third = gpuKernels(device);
    third.hardtanh(third.floats(3), sent(third, Float64Array.of(1, 2, 3)), 3);
    await third.launch();
    third.close();
    assert.is(device.compiled, compiled);
  });

  test(`${backend}: rows of a matrix on the device are gathered by their numbers`, async () => {
    const kernels = gpuKernels(device);
    const matrix = await device.upload(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 2);
    const out = kernels.floats(8);
    kernels.gatherRows(out, matrix, sent(kernels, Float64Array.of(2, 0, 0, 1)), 4);
    await kernels.fetch(out);
    kernels.close();
    assertSame([...out], [5, 6, 1, 2, 1, 2, 3, 4]);
    device.free(matrix);
  });
}

test('kernels without a version for the GPU are refused by name, and so are arrays from elsewhere', async () => {
  const kernels = gpuKernels(devices[0]!);
  assert.throws(
    () => kernels.sgd(kernels.floats(1), kernels.floats(1), kernels.floats(1), 1, 0.1, 0.9),
    'GPU: expected a kernel of CNT with INRP, got sgd, which has no version for the GPU.',
  );
  kernels.add(new Float32Array(2), kernels.floats(2), 2);
  await rejects(() => kernels.launch(), 'GPU: expected operands made by floats() of these kernels, got another array.');
});

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
