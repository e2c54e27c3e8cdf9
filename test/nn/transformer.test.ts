import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type TransformerBlock, transformerBlock } from '../../src/nn/transformer.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

const BLOCK: TransformerBlock = {
  heads: 3,
  keyDim: 2,
  scale: 1 / Math.sqrt(2),
  positionBias: false,
  mlpRatio: 2,
  firstMlpActivation: true,
};
const PLACE = { stage: 0, block: 0 };

function sizeOfParameters(block: TransformerBlock, d: number, pattern: RegExp): number {
  const { tape, parameters, operand } = float64Bench();
  transformerBlock(tape, parameters, PLACE, operand('x', [4, 5, d]), block);
  return parameters
    .trainable()
    .filter(({ name }) => pattern.test(name))
    .reduce((sum, { value }) => sum + value.length, 0);
}

test('attention has 2 d² h + 2 d² e weights with e = h / 4, the MLP 4 d² (Fig. 2)', () => {
  const d = 16;
  const heads = 4;
  const block = { ...BLOCK, heads, keyDim: d / 4 };
  const e = heads / 4;
  assert.is(sizeOfParameters(block, d, /^attn.*(qkv|out)\.weight$/), 2 * d * d * heads + 2 * d * d * e);
  assert.is(sizeOfParameters(block, d, /^mlp.*fc\d\.weight$/), 4 * d * d);
  assert.is(sizeOfParameters({ ...block, mlpRatio: 1 }, d, /^mlp.*fc\d\.weight$/), 2 * d * d);
});

test('a fresh block adds nothing by attention (output gain 0), so it starts as X + MLP(X)', () => {
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [4, 5, 6]);
  transformerBlock(tape, parameters, PLACE, x, BLOCK);
  parameters.initialize(1);
  tape.forward();
  assertSame([...tape.labeled('stage0.block0.after_attn').value], [...x.value]);
  assert.ok(tape.labeled('stage0.block0.mlp_out').value.some((value: number) => value !== 0));
});

test(`a block has a correct gradient under every switch (< ${GRADIENT_BOUND})`, () => {
  for (const positionBias of [false, true]) {
    for (const firstMlpActivation of [false, true]) {
      const { tape, parameters, operand } = float64Bench();
      const block = { ...BLOCK, positionBias, firstMlpActivation };
      const y = transformerBlock(tape, parameters, PLACE, operand('x', [3, 4, 5]), block); // (3, 4, 5)
      parameters.initialize(2);
      parameters.get('attn.0.0.out_bn.weight').value.set([0.5, -1, 2, 0.25, 1.5]);
      const error = gradientError(tape, parameters, y); // at most 9e-10
      assert.ok(error < GRADIENT_BOUND, `position bias ${positionBias}, activation ${firstMlpActivation}: ${error}`);
    }
  }
});

test.run();
