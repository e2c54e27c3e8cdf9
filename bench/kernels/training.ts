/**
 * The kernels of a training step around its matrix products, at the sizes of CNT 256 -> 64 (batch 256, 4 projections, 4 heads):
 * SIMD against the reference, after comparing their bits.
 *
 *     node --import tsx bench/kernels/training.ts
 */
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { fill, machine, measure, requireSameBits } from './measure.ts';

const BATCH = 256;
const ROWS = BATCH * 5; // tokens of a batch
const DIM = 64;
const QKV = 4 * (16 + 16 + DIM);
const SHAPE = { batch: BATCH, tokens: 5, heads: 4, keyDim: 16, valueDim: DIM, scale: 0.25 };
const RATES = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  correction1: 0.1,
  correction2: 0.001,
};

interface Case {
  readonly name: string;
  /** What the time is divided by. */
  readonly elements: number;
  /** Lengths of the operands; the first is compared. */
  readonly operands: readonly number[];
  readonly call: (k: Kernels, operands: readonly Floats[]) => void;
}

const n = ROWS * QKV;
const pairs = BATCH * BATCH;
const CASES: readonly Case[] = [
  { name: 'add', elements: n, operands: [n, n], call: (k, [y, x]) => k.add(y!, x!, n) },
  { name: 'addBias', elements: n, operands: [n, QKV], call: (k, [y, b]) => k.addBias(y!, b!, ROWS, QKV) },
  { name: 'columnSums', elements: n, operands: [QKV, n], call: (k, [out, x]) => k.columnSums(out!, x!, ROWS, QKV) },
  { name: 'hardswish', elements: n, operands: [n, n], call: (k, [y, x]) => k.hardswish(y!, x!, n) },
  {
    name: 'hardswishBackward',
    elements: n,
    operands: [n, n, n],
    call: (k, [dx, dy, x]) => k.hardswishBackward(dx!, dy!, x!, n),
  },
  { name: 'hardtanh', elements: n, operands: [n, n], call: (k, [y, x]) => k.hardtanh(y!, x!, n) },
  {
    name: 'hardtanhBackward',
    elements: n,
    operands: [n, n, n],
    call: (k, [dx, dy, x]) => k.hardtanhBackward(dx!, dy!, x!, n),
  },
  {
    name: 'batchNormMoments',
    elements: n,
    operands: [QKV, QKV, n],
    call: (k, [mean, variance, x]) => k.batchNormMoments(mean!, variance!, x!, ROWS, QKV),
  },
  {
    name: 'batchNormForward',
    elements: n,
    operands: [n, n, QKV, QKV, QKV, QKV],
    call: (k, [y, x, mean, variance, gain, bias]) =>
      k.batchNormForward(y!, x!, mean!, variance!, gain!, bias!, 1e-5, ROWS, QKV),
  },
  {
    name: 'batchNormBackward',
    elements: n,
    operands: [n, QKV, QKV, n, n, QKV, QKV, QKV],
    call: (k, [dx, dGain, dBias, dy, x, mean, variance, gain]) =>
      k.batchNormBackward(dx!, dGain!, dBias!, dy!, x!, mean!, variance!, gain!, 1e-5, ROWS, QKV),
  },
  {
    name: 'attentionForward',
    elements: n,
    operands: [ROWS * 4 * DIM, ROWS * 20, n],
    call: (k, [out, p, qkv]) => k.attentionForward(out!, p!, qkv!, undefined, SHAPE),
  },
  {
    name: 'attentionBackward',
    elements: n,
    operands: [n, ROWS * 4 * DIM, ROWS * 20, n],
    call: (k, [dQkv, dOut, p, qkv]) => k.attentionBackward(dQkv!, undefined, dOut!, p!, qkv!, SHAPE),
  },
  {
    name: 'pairDistances',
    elements: pairs * DIM,
    operands: [pairs, BATCH * DIM],
    call: (k, [out, x]) => k.pairDistances(out!, x!, BATCH, DIM),
  },
  {
    name: 'pairDistances, dim 256',
    elements: pairs * 256,
    operands: [pairs, BATCH * 256],
    call: (k, [out, x]) => k.pairDistances(out!, x!, BATCH, 256),
  },
  {
    name: 'pairDistancesBackward',
    elements: pairs * DIM,
    operands: [BATCH * DIM, pairs, pairs, BATCH * DIM],
    call: (k, [dx, dOut, out, x]) => k.pairDistancesBackward(dx!, dOut!, out!, x!, BATCH, DIM),
  },
  {
    name: 'inrpWeights',
    elements: pairs,
    operands: [pairs, pairs],
    call: (k, [w, d]) => k.inrpWeights(w!, d!, 1, 2, 0.01, pairs),
  },
  {
    name: 'inrpLoss',
    elements: pairs,
    operands: [1, pairs, pairs, pairs],
    call: (k, [loss, w, c, o]) => k.inrpLoss(loss!, w!, c!, o!, BATCH),
  },
  {
    name: 'inrpLossBackward',
    elements: pairs,
    operands: [pairs, 1, pairs, pairs, pairs],
    call: (k, [d, dLoss, w, c, o]) => k.inrpLossBackward(d!, dLoss!, w!, c!, o!, BATCH),
  },
  {
    name: 'adamw',
    elements: 100_000,
    operands: [100_000, 100_000, 100_000, 100_000],
    call: (k, [p, g, first, second]) => k.adamw(p!, g!, first!, second!, 100_000, RATES),
  },
  {
    name: 'sgd',
    elements: 100_000,
    operands: [100_000, 100_000, 100_000],
    call: (k, [p, g, velocity]) => k.sgd(p!, g!, velocity!, 100_000, 1e-3, 0.9),
  },
  { name: 'relu', elements: n, operands: [n, n], call: (k, [y, x]) => k.relu(y!, x!, n) },
  {
    name: 'reluBackward',
    elements: n,
    operands: [n, n, n],
    call: (k, [dx, dy, x]) => k.reluBackward(dx!, dy!, x!, n),
  },
  { name: 'clamp', elements: n, operands: [n, n], call: (k, [y, x]) => k.clamp(y!, x!, -20, 20, n) },
  {
    name: 'clampBackward',
    elements: n,
    operands: [n, n, n],
    call: (k, [dx, dy, x]) => k.clampBackward(dx!, dy!, x!, -20, 20, n),
  },
  {
    name: 'gaussianSample',
    elements: n,
    operands: [n, n, n, n, n],
    call: (k, [z, deviation, mean, variance, noise]) => k.gaussianSample(z!, deviation!, mean!, variance!, noise!, n),
  },
  {
    name: 'gaussianSampleBackward',
    elements: n,
    operands: [n, n, n, n, n],
    call: (k, [dMean, dVariance, dz, deviation, noise]) =>
      k.gaussianSampleBackward(dMean!, dVariance!, dz!, deviation!, noise!, n),
  },
  {
    name: 'gaussianDivergence',
    elements: n,
    operands: [n, n],
    call: (k, [mean, variance]) => k.gaussianDivergence(mean!, variance!, ROWS, QKV),
  },
  {
    name: 'gaussianDivergenceBackward',
    elements: n,
    operands: [n, n, n, n],
    call: (k, [dMean, dVariance, mean, variance]) =>
      k.gaussianDivergenceBackward(dMean!, dVariance!, 1, mean!, variance!, ROWS, QKV),
  },
  {
    name: 'squaredError',
    elements: n,
    operands: [n, n],
    call: (k, [x, target]) => k.squaredError(x!, target!, ROWS, QKV),
  },
  {
    name: 'squaredErrorBackward',
    elements: n,
    operands: [n, n, n],
    call: (k, [dx, x, target]) => k.squaredErrorBackward(dx!, 1, x!, target!, ROWS, QKV),
  },
  {
    name: 'normalizeRows',
    elements: n,
    operands: [n, ROWS, n],
    call: (k, [y, norms, x]) => k.normalizeRows(y!, norms!, x!, ROWS, QKV),
  },
  {
    name: 'normalizeRowsBackward',
    elements: n,
    operands: [n, n, n, ROWS],
    call: (k, [dx, dy, y, norms]) => k.normalizeRowsBackward(dx!, dy!, y!, norms!, ROWS, QKV),
  },
  {
    name: 'rowDistances',
    elements: n,
    operands: [ROWS, n, n],
    call: (k, [out, a, b]) => k.rowDistances(out!, a!, b!, 1e-6, ROWS, QKV),
  },
  {
    name: 'rowDistancesBackward',
    elements: n,
    operands: [n, n, ROWS, ROWS, n, n],
    call: (k, [da, db, dOut, out, a, b]) => k.rowDistancesBackward(da!, db!, dOut!, out!, a!, b!, ROWS, QKV),
  },
];

/** Fresh operands, the same for every backend: positive, so that they may stand for variances and distances. */
function operandsOf(kernels: Kernels, lengths: readonly number[]): Floats[] {
  return lengths.map((length, i) => {
    const floats = kernels.floats(length);
    fill(floats as Float32Array, i + 1);
    for (let j = 0; j < length; j++) floats[j] = Math.abs(floats[j]!);
    return floats;
  });
}

console.log(machine());
console.log(`training kernels, batch ${BATCH}, 5 tokens, 4 heads, dim ${DIM}, medians of 9 rounds\n`);
console.log('kernel                     µs a call   ns per element   reference µs     ratio');
for (const { name, elements, operands, call } of CASES) {
  const bytes = operands.reduce((sum, length) => sum + 4 * length + 64, 0);
  const [simd, reference] = [createKernels({ backend: 'simd', bytes }), referenceKernels()];
  const [fast, plain] = [operandsOf(simd, operands), operandsOf(reference, operands)];
  call(simd, fast);
  call(reference, plain);
  requireSameBits(name, fast[0] as Float32Array, plain[0] as Float32Array);
  const ours = measure({ simd: () => call(simd, fast) });
  // The reference is slow: few rounds are enough for a ratio.
  const theirs = measure({ reference: () => call(reference, plain) }, 3, 0.01);
  const [a, b] = [ours['simd']!.median, theirs['reference']!.median];
  console.log(
    `${name.padEnd(24)} ${(a * 1e6).toFixed(1).padStart(11)} ${((a / elements) * 1e9).toFixed(3).padStart(16)}` +
      ` ${(b * 1e6).toFixed(0).padStart(14)} ${(b / a).toFixed(1).padStart(8)}x`,
  );
}
