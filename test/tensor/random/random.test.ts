import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, type RandomState } from '../../../src/tensor/random/random.ts';

test('the draws of a seed and a stream are these on every engine', () => {
  const random = new Random(1, 'golden');
  assert.equal([random.uniform(), random.uniform(), random.uniform()], GOLDEN.uniform);
  assert.equal([random.normal(), random.normal(), random.normal()], GOLDEN.normal);
  assert.is(random.below(1000), 238);
  assert.equal([...random.permutation(10)], [2, 5, 9, 3, 7, 0, 4, 8, 6, 1]);
  assert.is(random.row(5).uniform(), 0.9101714420542532);
  assert.is(random.child('a').uniform(), 0.4449774752933675);
  const digested = new Random(1, 'digest');
  const many = Float64Array.from({ length: 10_000 }, () => digested.normal());
  assert.is(createHash('sha256').update(new Uint8Array(many.buffer)).digest('hex'), GOLDEN.normals);
});

test('a stream restored from JSON continues bit for bit, the spare normal included', () => {
  const random = new Random('seven', 'state');
  for (let draws = 0; draws < 5; draws++) {
    random.normal();
    const copy = Random.restore(JSON.parse(JSON.stringify(random.state)) as RandomState);
    const expected = Random.restore(random.state);
    for (let i = 0; i < 9; i++) assert.is(copy.normal(), expected.normal());
    assert.is(copy.uniform(), expected.uniform());
    assert.equal(copy.state, expected.state);
    assert.is(copy.row(3).uniform(), random.row(3).uniform());
  }
});

test('rows and children depend on seed, stream and name, not on what was drawn before', () => {
  const random = new Random(3, 'base');
  const before = [random.row(7).uniform(), random.child('x').uniform()];
  for (let i = 0; i < 100; i++) random.normal();
  assert.equal([random.row(7).uniform(), random.child('x').uniform()], before);
  assert.is.not(random.row(8).uniform(), before[0]);
  assert.is.not(new Random(3, 'query').row(7).uniform(), before[0]);
  assert.is.not(new Random(4, 'base').row(7).uniform(), before[0]);
  assert.is(new Random('3', 'base').row(7).uniform(), before[0]);
});

test('first draws of 100,000 rows: flat histogram, no correlation, no arithmetic progression (all within 5 sigma)', () => {
  const rows = 100_000;
  const random = new Random(11, 'rows');
  const first = Float64Array.from({ length: rows }, (_, i) => random.row(i).uniform());
  const bins = new Float64Array(100);
  let correlation = 0;
  let progressions = 0;
  for (let i = 0; i < rows; i++) {
    bins[Math.floor(first[i]! * 100)]!++;
    if (i > 0) correlation += 12 * (first[i]! - 0.5) * (first[i - 1]! - 0.5);
    if (i > 1) {
      const bend = first[i]! - 2 * first[i - 1]! + first[i - 2]!;
      if (Math.abs(bend - Math.round(bend)) < 0.005) progressions++;
    }
  }
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(Math.abs(chiSquare - 99) < 5 * Math.sqrt(2 * 99), `chi-square ${chiSquare} of 99 degrees`);
  assert.ok(Math.abs(correlation) < 5 * Math.sqrt(rows), `lag-one sum ${correlation}`);
  assert.ok(Math.abs(progressions - 1000) < 5 * Math.sqrt(990), `${progressions} progressions, 1000 by chance`);
});

test('200,000 normals have the moments 0, 1, 0, 3 (within 5 sigma)', () => {
  const n = 200_000;
  const random = new Random(5, 'normal');
  const moments = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const z = random.normal();
    for (let p = 0; p < 4; p++) moments[p]! += z ** (p + 1) / n;
  }
  for (const [p, [mean, variance]] of [
    [0, 1],
    [1, 2],
    [0, 15],
    [3, 96],
  ].entries()) {
    assert.ok(Math.abs(moments[p]! - mean!) < 5 * Math.sqrt(variance! / n), `moment ${p + 1}: ${moments[p]}`);
  }
});

test('below reaches every value evenly; permutation holds every number once', () => {
  const random = new Random(2, 'below');
  const counts = new Int32Array(7);
  for (let i = 0; i < 70_000; i++) counts[random.below(7)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 5 * 93, String(counts));
  assert.is(random.below(1), 0);
  assert.equal([...random.permutation(0)], []);
  assert.equal(
    [...random.permutation(1000)].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test('impossible arguments are refused', () => {
  const random = new Random(1, 'errors');
  assert.throws(() => new Random(Number.NaN, 'x'), /Random: expected a finite number or a text as seed, got NaN\./);
  assert.throws(() => random.below(0), /Random\.below: expected a whole number from 1 to 2\^32, got 0\./);
  assert.throws(() => random.below(2.5), /got 2\.5\./);
  assert.throws(() => random.row(-1), /Random\.row: expected a whole number, got -1\./);
  assert.throws(() => random.permutation(-1), /Random\.permutation: expected a whole number below 2\^31, got -1\./);
});

const GOLDEN = {
  uniform: [0.6313171326400698, 0.9548944301289338, 0.7106347692736249],
  normal: [0.1818697123524577, 1.0019140490361358, 2.5419180906694976],
  normals: 'af4c917bc267e457c55f1bfc06621bb9afe5ab1b4ce52b7003e2436f56e4a508',
};

test.run();
