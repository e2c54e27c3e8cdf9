import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { LayerWalk } from '../../kernels/graph-walk/kernel.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { bytesOf, floatsOf, intsOf } from './operands.ts';

const NODES = 60;
const DEGREE = 7;
const MARK = 200;
const START = 3;

interface Case {
  readonly dim: number;
  readonly links: readonly number[];
  /** Which list belongs to a point; the same place if not given. */
  readonly lists: readonly number[] | undefined;
  readonly values: readonly number[];
  readonly query: readonly number[];
}

/** Random lists of 0 to 7 neighbors; small whole numbers as values, so that many distances are equal. */
function randomCase(random: Random, dim: number): Case {
  const links = Array.from({ length: NODES }, () => {
    const degree = random.below(DEGREE + 1);
    return [...random.permutation(NODES).slice(0, degree), ...new Array(DEGREE - degree).fill(-1)];
  }).flat();
  const small = (length: number) => Array.from({ length }, () => random.below(3));
  const lists = random.below(2) === 1 ? [...random.permutation(NODES)].map((list) => list - 2) : undefined;
  return { dim, links, lists, values: small(NODES * dim), query: small(dim) };
}

/** What the points are: vectors, codes of one byte against a coded query, or against numbers with a step for each dimension. */
const KINDS = ['vectors', 'bytes', 'codes'] as const;
const SCALE = 0.25;

/** Ids, expanded or not, and distances of the pool after a walk from one point, and what was counted. */
function walked(kernels: Kernels, one: Case, capacity: number, kind: (typeof KINDS)[number]) {
  const { dim, links, lists, values, query } = one;
  const ints = (from: readonly number[]) => intsOf(kernels, from);
  const floats = (from: readonly number[]) => floatsOf(kernels, from);
  const bytes = (from: readonly number[]) => bytesOf(kernels, from);
  const walk: LayerWalk = {
    links: ints(links),
    degree: DEGREE,
    lists: lists && ints(lists),
    listOffset: lists ? 2 : 0,
    visited: kernels.bytes(NODES),
    ids: kernels.ints(DEGREE),
    distances: kernels.floats(DEGREE),
    pool: kernels.ints(2 * capacity),
    work: kernels.ints(2),
  };
  const first = ints([START]);
  const start = { size: 1, capacity, mark: MARK };
  const squared = new Float32Array(walk.pool.buffer, walk.pool.byteOffset, 2 * capacity);
  walk.pool[0] = 2 * START;
  walk.visited.fill(MARK - 1); // of another search
  const walkFrom = (measure: () => void, go: () => number): number => {
    measure();
    squared[1] = walk.distances[0]!;
    return go();
  };
  const over = {
    vectors() {
      const [base, at] = [floats(values), floats([0.5, ...query])];
      return walkFrom(
        () => kernels.squaredDistances(walk.distances, at, 1, base, first, 1, dim),
        () => kernels.walkLayer(walk, start, at, 1, base, dim),
      );
    },
    bytes() {
      const [codes, at] = [bytes(values), bytes([7, ...query])];
      return walkFrom(
        () => kernels.byteDistances(walk.distances, at, 1, codes, first, 1, dim, SCALE),
        () => kernels.walkBytes(walk, start, at, 1, codes, dim, SCALE),
      );
    },
    codes() {
      const [codes, at, steps] = [bytes(values), floats(query), floats(query.map((_, i) => 0.5 + (i % 2)))];
      return walkFrom(
        () => kernels.codeDistances(walk.distances, at, steps, codes, first, 1, dim),
        () => kernels.walkCodes(walk, start, at, steps, codes, dim),
      );
    },
  };
  const places = Array.from({ length: over[kind]() }, (_, place) => place);
  return {
    entries: places.map((place) => [walk.pool[2 * place], squared[2 * place + 1]]),
    met: [...walk.visited].map((mark) => mark === MARK),
    work: [...walk.work],
    counts: { ...kernels.counts },
  };
}

for (const kind of KINDS) {
  test(`${kind}: simd has pool, marks and counts of the reference in 400 walks, for every capacity and dim modulo 8`, () => {
    const random = new Random(1, 'graph walk');
    for (let trial = 0; trial < 400; trial++) {
      const one = randomCase(random, 1 + (trial % 19));
      const capacity = 1 + random.below(trial % 3 === 0 ? 4 : NODES + 3);
      const expected = walked(referenceKernels({ precision: 'float32' }), one, capacity, kind);
      assert.equal(walked(createKernels({ backend: 'simd', bytes: 2 ** 16 }), one, capacity, kind), expected);
    }
  });

  test(`${kind}: with room for all, the pool is everything that can be reached, sorted by (distance, id), each point expanded once`, () => {
    const random = new Random(2, 'graph walk, all');
    for (let trial = 0; trial < 50; trial++) {
      const one = randomCase(random, 3);
      const { entries, met, work, counts } = walked(referenceKernels(), one, NODES, kind);
      const reached = new Set([START]);
      for (const id of reached) {
        const first = DEGREE * (one.lists ? one.lists[id]! + 2 : id);
        for (const link of one.links.slice(first, first + DEGREE)) if (link >= 0) reached.add(link);
      }
      const step = (i: number) => (kind === 'codes' ? 0.5 + (i % 2) : 1);
      const distance = (id: number) =>
        (kind === 'bytes' ? SCALE : 1) *
        one.query.reduce((sum, q, i) => sum + (q - step(i) * one.values[3 * id + i]!) ** 2, 0);
      const sorted = [...reached].sort((a, b) => distance(a) - distance(b) || a - b);
      assert.equal(
        entries,
        sorted.map((id) => [2 * id + 1, distance(id)]),
      );
      assert.is(met.filter(Boolean).length, reached.size);
      assert.equal(work, [reached.size, reached.size - 1]);
      assert.equal(counts, { distances: reached.size, multiplyAdds: 3 * reached.size });
    }
  });
}

test.run();
