import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { constant } from '../../src/nn/initialize.ts';
import { Sgd } from '../../src/nn/sgd.ts';
import { assertSame } from '../support/same.ts';

function oneParameter() {
  const kernels = referenceKernels({ precision: 'float64' });
  const parameters = new ParameterSet(kernels, { gradients: true });
  const p = parameters.parameter('p', [2], constant(1));
  parameters.initialize(1);
  return { p, optimizer: new Sgd(kernels, parameters.trainable(), { momentum: 0.5 }) };
}

test('Sgd moves against the gradient, with momentum', () => {
  const { p, optimizer } = oneParameter();
  p.gradient!.set([2, -1]);
  optimizer.step(0.25);
  assertSame([...p.value], [0.5, 1.25]);
  optimizer.step(0.25); // velocity 3 and -1.5
  assertSame([...p.value], [-0.25, 1.625]);
});

test('Sgd restored from its velocities continues with the same bits', () => {
  const [first, second] = [oneParameter(), oneParameter()];
  first.p.gradient!.set([2, -1]);
  first.optimizer.step(0.1);
  const saved = first.optimizer.moments();
  assert.equal([...saved.keys()], ['velocity/p']);
  for (const [name, { value }] of second.optimizer.moments()) value.set(saved.get(name)!.value);
  second.optimizer.restore();
  assert.equal(second.optimizer.scalars, {});
  second.p.value.set(first.p.value);
  for (const { p, optimizer } of [first, second]) {
    p.gradient!.set([0.3, 0.7]);
    optimizer.step(0.1);
  }
  assertSame(second.p.value, first.p.value);
});

test.run();
