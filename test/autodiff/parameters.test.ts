import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import type { Floats } from '../../kernels/operands.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { constant, standardNormal, uniformFanIn } from '../../src/nn/initialize.ts';
import { assertSame } from '../support/same.ts';

function example(gradients = true): ParameterSet {
  const set = new ParameterSet(referenceKernels(), { gradients });
  set.parameter('a.weight', [2, 3], uniformFanIn(3));
  set.parameter('b.bias', [4], standardNormal);
  set.statistic('b.running_var', [4], constant(1));
  return set;
}

function copyOf(set: ParameterSet): Map<string, { shape: readonly number[]; data: Floats }> {
  return new Map(set.all().map(({ name, shape, value }) => [name, { shape, data: value.slice() }]));
}

test('a parameter is made once; asking again gives the same memory, another shape is refused', () => {
  const set = example();
  assert.is(set.parameter('a.weight', [2, 3], constant(0)), set.get('a.weight'));
  assert.throws(
    () => set.parameter('a.weight', [3, 2], constant(0)),
    /a\.weight: expected shape \(2, 3\), got \(3, 2\)\./,
  );
  assert.throws(() => set.get('c'), /expected the name of a parameter, got c\./);
});

test('trainable leaves out running statistics, all includes them, count counts what is trained', () => {
  const set = example();
  assert.equal(
    set.trainable().map(({ name }) => name),
    ['a.weight', 'b.bias'],
  );
  assert.equal(
    set.all().map(({ name }) => name),
    ['a.weight', 'b.bias', 'b.running_var'],
  );
  assert.is(set.count, 10);
});

test('initialize: a parameter depends on the seed and its own name, not on the others', () => {
  const set = example();
  set.initialize(7);
  const alone = new ParameterSet(referenceKernels(), { gradients: false });
  alone.parameter('b.bias', [4], standardNormal);
  alone.initialize('7');
  assertSame(alone.get('b.bias').value, set.get('b.bias').value);
  assertSame([...set.get('b.running_var').value], [1, 1, 1, 1]);
  alone.parameter('c.bias', [4], standardNormal);
  alone.initialize(7);
  assert.not.equal(alone.get('c.bias').value, alone.get('b.bias').value);
  const before = set.get('b.bias').value.slice();
  set.initialize(8);
  assert.not.equal(set.get('b.bias').value, before);
});

test('uniformFanIn fills ±1 / sqrt(fanIn) and nothing beyond', () => {
  const set = new ParameterSet(referenceKernels(), { gradients: false });
  const { value } = set.parameter('w', [100, 16], uniformFanIn(16));
  set.initialize(1);
  assert.ok(Math.max(...value) <= 0.25 && Math.max(...value) > 0.245);
  assert.ok(Math.min(...value) >= -0.25 && Math.min(...value) < -0.245);
});

test('load brings back what all gave, and clearGradients zeroes', () => {
  const set = example();
  set.initialize(1);
  const saved = copyOf(set);
  const other = example(false);
  other.load(saved);
  for (const { name, value } of other.all()) assertSame(value, saved.get(name)!.data);
  set.get('b.bias').gradient!.fill(3);
  set.clearGradients();
  assertSame([...set.get('b.bias').gradient!], [0, 0, 0, 0]);
});

test('load refuses a missing, unknown, misshapen or non-finite tensor, and then changes nothing', () => {
  const set = example();
  set.initialize(1);
  const before = set.get('b.bias').value.slice();
  const changed = (name: string, tensor?: { shape: number[]; data: Float32Array }) => {
    const tensors = new Map(copyOf(set));
    tensors.set('b.bias', { shape: [4], data: new Float32Array(4) });
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
    return () => set.load(tensors);
  };
  assert.throws(changed('a.weight'), /^ParameterSet\.load: expected a tensor a\.weight, got none\.$/);
  assert.throws(
    changed('extra', { shape: [1], data: new Float32Array(1) }),
    /expected no tensor extra in this model\./,
  );
  assert.throws(
    changed('a.weight', { shape: [3, 2], data: new Float32Array(6) }),
    /expected shape \(2, 3\), got \(3, 2\)\./,
  );
  assert.throws(changed('a.weight', { shape: [2, 3], data: new Float32Array(5) }), /expected 6 values, got 5\./);
  assert.throws(
    changed('a.weight', { shape: [2, 3], data: new Float32Array(6).fill(Number.NaN) }),
    /a\.weight: expected finite values, got NaN\./,
  );
  assertSame(set.get('b.bias').value, before);
});

test('a set for inference has no gradients and says so', () => {
  const set = example(false);
  assert.is(set.get('a.weight').gradient, undefined);
  assert.throws(() => set.trainable(), /expected a set with gradients, got one for inference\./);
});

test.run();
