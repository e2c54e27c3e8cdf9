import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AttentionShape } from '../../kernels/attention/kernel.ts';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';

function shapeOf(batch: number, tokens: number, heads: number, keyDim: number, valueDim: number): AttentionShape {
  return { batch, tokens, heads, keyDim, valueDim, scale: 1 / Math.sqrt(keyDim) };
}

const SHAPES = [
  shapeOf(1, 1, 1, 1, 1),
  shapeOf(2, 1, 2, 3, 5),
  shapeOf(2, 3, 1, 2, 4),
  shapeOf(3, 4, 2, 4, 8),
  shapeOf(2, 5, 2, 5, 6),
  shapeOf(2, 5, 3, 16, 64),
  shapeOf(2, 9, 2, 7, 19),
  shapeOf(1, 13, 1, 15, 33),
];

function sizes({ batch, tokens, heads, keyDim, valueDim }: AttentionShape) {
  return {
    qkv: batch * tokens * heads * (2 * keyDim + valueDim),
    out: batch * tokens * heads * valueDim,
    probabilities: batch * heads * tokens * tokens,
    bias: heads * tokens * tokens,
  };
}

test('simd has the bits of the reference, with and without position bias', () => {
  const random = new Random(1, 'attention');
  for (const shape of SHAPES) {
    const size = sizes(shape);
    for (const biased of [false, true]) {
      const title = `${JSON.stringify(shape)} ${biased ? 'with' : 'without'} bias`;
      const qkv = singles(random, size.qkv, 2);
      const [out, probabilities] = [singles(random, size.out), singles(random, size.probabilities)];
      const bias = singles(random, size.bias);
      assertSameBits(`forward ${title}`, [out, probabilities, qkv, bias], (k, [o, p, x, own]) =>
        k.attentionForward(o!, p!, x!, biased ? own : undefined, shape),
      );
      const operands = [singles(random, size.qkv), bias, out, probabilities.map(Math.abs), qkv];
      assertSameBits(`backward ${title}`, operands, (k, [dQkv, dBias, dOut, p, x]) =>
        k.attentionBackward(dQkv!, biased ? dBias : undefined, dOut!, p!, x!, shape),
      );
    }
  }
});

test('simd has the bits of the reference where logits lie far apart', () => {
  const random = new Random(2, 'attention');
  const shape = shapeOf(3, 7, 2, 4, 4);
  const size = sizes(shape);
  const operands = [singles(random, size.out), singles(random, size.probabilities), singles(random, size.qkv, 12)];
  assertSameBits('steep', operands, (k, [o, p, x]) => k.attentionForward(o!, p!, x!, undefined, shape));
});

test('agrees with a float64 softmax(scale q kT + bias) v written out, within 1e-6', () => {
  const random = new Random(3, 'attention');
  const shape = shapeOf(3, 5, 2, 3, 4);
  const { batch, tokens, heads, keyDim, valueDim, scale } = shape;
  const size = sizes(shape);
  const qkv = Float32Array.from(singles(random, size.qkv));
  const bias = Float32Array.from(singles(random, size.bias));
  const [out, probabilities] = [new Float32Array(size.out), new Float32Array(size.probabilities)];
  const kernels = referenceKernels();
  kernels.attentionForward(out, probabilities, qkv, bias, shape);
  assert.is(kernels.counts.multiplyAdds, batch * heads * tokens * tokens * (keyDim + valueDim));

  const vector = (b: number, t: number, h: number, from: number, length: number) => {
    const start = ((b * tokens + t) * heads + h) * (2 * keyDim + valueDim) + from;
    return [...qkv.subarray(start, start + length)];
  };
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) {
        const query = vector(b, i, h, 0, keyDim);
        const powers = Array.from({ length: tokens }, (_, j) => {
          const key = vector(b, j, h, keyDim, keyDim);
          return Math.exp(
            scale * query.reduce((sum, q, c) => sum + q * key[c]!, 0) + bias[(h * tokens + i) * tokens + j]!,
          );
        });
        const total = powers.reduce((sum, power) => sum + power, 0);
        powers.forEach((power, j) => {
          const ours = probabilities[((b * heads + h) * tokens + i) * tokens + j]!;
          assert.ok(Math.abs(ours - power / total) < 1e-6);
        });
        for (let c = 0; c < valueDim; c++) {
          const expected = powers.reduce((sum, p, j) => sum + (p / total) * vector(b, j, h, 2 * keyDim + c, 1)[0]!, 0);
          assert.ok(Math.abs(out[((b * tokens + i) * heads + h) * valueDim + c]! - expected) < 1e-6);
        }
      }
    }
  }
});

test('probabilities: rows sum to 1 within 1e-6, equal logits give exactly 1/4, tails are 0 and never subnormal', () => {
  const kernels = referenceKernels();
  const shape = shapeOf(50, 4, 1, 2, 1);
  const size = sizes(shape);
  const qkv = Float32Array.from(singles(new Random(4, 'tails'), size.qkv, 8));
  qkv.fill(0, 0, 4 * 5); // the first item of the batch
  const [out, probabilities] = [new Float32Array(size.out), new Float32Array(size.probabilities)];
  kernels.attentionForward(out, probabilities, qkv, undefined, shape);
  assertSame([...probabilities.subarray(0, 16)], new Array(16).fill(0.25));
  for (let row = 0; row < size.probabilities; row += 4) {
    const sum = probabilities.subarray(row, row + 4).reduce((total, p) => total + p, 0);
    assert.ok(Math.abs(sum - 1) < 1e-6);
  }
  assert.ok(probabilities.includes(0), 'some tail must be cut off here');
  assert.ok(probabilities.every((p) => p === 0 || p > 1e-18));
});

test('the gradient agrees with central differences within 1e-7', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  for (const shape of SHAPES.slice(1)) {
    const random = new Random(5, 'gradient');
    const size = sizes(shape);
    const inputs = [normals(random, size.qkv), normals(random, size.bias)];
    const dOut = normals(random, size.out);
    const probabilities = new Float64Array(size.probabilities);
    const value = ([qkv, bias]: readonly Float64Array[]) => {
      const out = new Float64Array(size.out);
      kernels.attentionForward(out, probabilities, qkv!, bias!, shape);
      return weightedSum(out, dOut);
    };
    value(inputs);
    const gradients = inputs.map((one) => new Float64Array(one.length));
    const before = kernels.counts.multiplyAdds;
    kernels.attentionBackward(gradients[0]!, gradients[1]!, dOut, probabilities, inputs[0]!, shape);
    const { batch, heads, tokens, keyDim, valueDim } = shape;
    assert.is(kernels.counts.multiplyAdds - before, 2 * batch * heads * tokens * tokens * (keyDim + valueDim));
    const error = directionalError(inputs, gradients, value, random);
    assert.ok(error < 1e-7, `${JSON.stringify(shape)}: ${error}`); // 1e-9
    gradients[0]![1]! += 0.1;
    assert.ok(directionalError(inputs, gradients, value, random) > 1e-6, 'a wrong gradient must be seen');
  }
});

test.run();
