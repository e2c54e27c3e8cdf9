import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../../kernels/backend.ts';
import type { Kernels } from '../../../../kernels/kernels.ts';
import type { Floats } from '../../../../kernels/operands.ts';
import { cntSettings } from '../../../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../../../src/compress/cnt/training/cnt-training.ts';
import { epochOrder, splitRows } from '../../../../src/compress/training/split.ts';
import { createMatrix } from '../../../../src/tensor/matrix.ts';
import { Random } from '../../../../src/tensor/random/random.ts';
import { assertSame } from '../../../support/same.ts';

const SMALLEST_NORMAL = 2 ** -126;

/** Reference kernels that remember all memory they gave. */
function watchedKernels(): { kernels: Kernels; all: Floats[] } {
  const inner = referenceKernels();
  const all: Floats[] = [];
  const floats = (length: number): Floats => {
    const given = inner.floats(length);
    all.push(given);
    return given;
  };
  return { kernels: { ...inner, floats }, all };
}

/** Tight clusters far from each other, so that softmax tails and INRP weights are at their extremes. */
function clusters(rows: number, cols: number) {
  const random = new Random(1, 'clusters');
  const x = createMatrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) x.data[r * cols + c] = ((r >> 2) % 7) * (c % 3) * 50 + 1e-3 * random.normal();
  }
  return x;
}

for (const variant of ['paper', 'released-code'] as const) {
  test(`after 30 steps no parameter, gradient, moment or activation of the ${variant} is subnormal`, () => {
    const base = clusters(80, 16);
    const choices = { variant, start: 'random', batch: 16, samples: 480, factor: 2, learningRate: 1e-2 } as const;
    const settings = cntSettings(base, choices);
    const { kernels, all } = watchedKernels();
    const model = new CntTraining(kernels, settings, 4);
    model.parameters.initialize(1);
    const { training } = splitRows(base.rows, 1);
    for (let step = 0; step < 30; step++) {
      const loss = model.step(base, epochOrder(training, 1, step), 0, settings.learningRate);
      assert.ok(Number.isFinite(loss), `loss ${loss}`);
      for (const values of all) {
        const found = values.findIndex((value) => value !== 0 && Math.abs(value) < SMALLEST_NORMAL);
        assert.is(found, -1, `step ${step}: ${values[found]} at ${found} of ${values.length}`);
      }
    }
    assert.ok(all.length > 100);
  });
}

test('a step whose loss is not finite changes no parameter', () => {
  const base = clusters(80, 16);
  const settings = cntSettings(base, { batch: 16, samples: 160, factor: 2, start: 'random' });
  const model = new CntTraining(referenceKernels(), settings, 4);
  model.parameters.initialize(1);
  model.parameters.get('B.weight').value[0] = Number.NaN;
  const before = model.parameters.get('A.weight').value.slice();
  const loss = model.step(base, splitRows(base.rows, 1).training, 0, 0.1);
  assert.not.ok(Number.isFinite(loss), `${loss}`);
  assertSame(model.parameters.get('A.weight').value, before);
});

test.run();
