import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold, manifoldRows } from '../../src/data/manifold.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { assertSame } from '../support/same.ts';

function digest(m: Matrix): string {
  return createHash('sha256').update(new Uint8Array(m.data.buffer)).digest('hex');
}

/** The formula, one coordinate at a time. */
function expectedRow(seed: number, set: 'base' | 'query', i: number, dim: number): number[] {
  const draw = (name: string, count: number, kind: 'normal' | 'uniform') => {
    const random = new Random(seed, 'manifold').child(name);
    return Array.from({ length: count }, () => random[kind]());
  };
  const [q, C, H, r] = [16, 64, 256, 24];
  const centers = draw('centers', C * q, 'normal');
  const spreads = draw('spreads', C, 'uniform').map((u) => 0.6 * (0.5 + u));
  const frequencies = draw('frequencies', H * q, 'normal').map((g) => 0.45 * g);
  const phases = draw('phases', H, 'uniform').map((u) => u * 2 * Math.PI);
  const mixing = draw('mixing', dim * H, 'normal').map((g) => g * Math.sqrt(2 / H));
  const linear = draw('linear', dim * q, 'normal').map((g) => g / Math.sqrt(q));
  const separation = draw('separation', r * dim, 'normal').map((g) => (2 * g) / Math.sqrt(r));
  const places = draw('places', C * r, 'normal');
  const random = new Random(seed, 'manifold').child(set).row(i);
  const c = Math.floor(C * random.uniform() ** 1.5);
  const z = Array.from({ length: q }, (_, p) => centers[c * q + p]! + spreads[c]! * random.normal());
  const waves = phases.map((phase, h) =>
    Math.sin(z.reduce((sum, value, p) => sum + frequencies[h * q + p]! * value, phase)),
  );
  return Array.from({ length: dim }, (_, j) => {
    const bent = waves.reduce((sum, wave, h) => sum + mixing[j * H + h]! * wave, 0);
    const flat = z.reduce((sum, value, p) => sum + linear[j * q + p]! * value, 0);
    const offset = Array.from({ length: r }, (_, p) => places[c * r + p]! * separation[p * dim + j]!);
    const apart = offset.reduce((sum, value) => sum + value, 0);
    return (bent + flat + apart) * (1 + j) ** -0.25 + 0.03 * random.normal();
  });
}

test('rows follow the formula within 1e-6', () => {
  const { base, query } = generateManifold({ rows: 4, queries: 3, dim: 9, seed: 5 });
  for (const [set, m] of [
    ['base', base],
    ['query', query],
  ] as const) {
    for (let i = 0; i < m.rows; i++) {
      for (const [j, value] of expectedRow(5, set, i, 9).entries()) {
        const got = m.data[i * 9 + j]!;
        assert.ok(Math.abs(got - value) < 1e-6, `${set} row ${i}, column ${j}: ${got} and ${value}`);
      }
    }
  }
});

test('a seed gives the same bytes on every engine', () => {
  const { base, query } = generateManifold({ rows: 300, queries: 100, dim: 24, seed: 1 });
  assert.is(digest(base), '178a0975656457f3a81a08b17e346f6ab64d9210e2073f44f4b28d09f7658773');
  assert.is(digest(query), '1eadd58b43cde872454ca03b515020c7ed998bc914e3aca0b0370960bc1292c6');
});

test('rows drawn in parts are the rows drawn at once', () => {
  const { base, query } = generateManifold({ rows: 20, queries: 7, dim: 9, seed: 'parts' });
  const rows = manifoldRows(9, 'parts');
  const [head, tail] = [rows.base(0, 13), rows.base(13, 7)];
  assertSame([...head.data, ...tail.data], [...base.data]);
  assertSame(rows.query(5, 2).data, query.data.subarray(5 * 9));
});

test('a smaller set is a prefix of a larger one; seeds and sets differ', () => {
  const large = generateManifold({ rows: 50, queries: 20, dim: 8, seed: 2 });
  const small = generateManifold({ rows: 10, queries: 30, dim: 8, seed: 2 });
  assertSame(small.base.data, large.base.data.slice(0, 80));
  assertSame(small.query.data.slice(0, 160), large.query.data);
  assert.is.not(small.base.data[0], small.query.data[0]);
  assert.is.not(small.base.data[0], generateManifold({ rows: 1, queries: 0, dim: 8, seed: 3 }).base.data[0]);
});

test('queries lie among the base: their nearest are as near as those of base rows, and no row repeats', () => {
  const { base, query } = generateManifold({ rows: 2000, queries: 200, dim: 32, seed: 1 });
  const outside = nearest(base, query, 1).distances.data.reduce((sum, d) => sum + Math.sqrt(d) / 200, 0);
  const own = nearest(base, { ...base, rows: 200, data: base.data.subarray(0, 200 * 32) }, 2);
  let inside = 0;
  for (let i = 0; i < 200; i++) inside += Math.sqrt(own.distances.data[2 * i + 1]!) / 200;
  assert.ok(outside / inside > 0.9 && outside / inside < 1.1, `${outside} and ${inside}`);
  const itself = { rows: 200, cols: 1, data: Int32Array.from({ length: 200 }, (_, i) => i) };
  assert.is(intersectionAt(own.ids, itself, 1), 1);
});

test('impossible sizes are refused', () => {
  assert.throws(
    () => generateManifold({ rows: 2, queries: 1, dim: 0, seed: 1 }),
    /expected at least 1 column, got 0\./,
  );
  assert.throws(() => generateManifold({ rows: -2, queries: 1, dim: 4, seed: 1 }), /expected a whole number of rows/);
});

test.run();
