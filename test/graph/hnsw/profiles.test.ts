import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildHnsw } from '../../../src/graph/hnsw/build.ts';
import { HNSW_PROFILES, hnswProfiles } from '../../../src/graph/hnsw/profile.ts';
import { searchLayer, selectNeighbors } from '../../../src/graph/hnsw/reference.ts';
import type { Near } from '../../../src/graph/near.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { NaiveSource } from '../../support/naive-source.ts';

/** The insertion of faiss or hnswlib written out, with levels and order given: lists[level][point], as they are stored. */
function naiveLibrary(
  source: NaiveSource,
  profile: 'faiss' | 'hnswlib',
  levels: Int32Array,
  M: number,
  efConstruction: number,
): number[][][] {
  const ef = profile === 'hnswlib' ? Math.max(efConstruction, M) : efConstruction;
  const pair = (a: number, b: number): number => source.distance(source.vectors[a]!, source.vectors[b]!);
  const lists = Array.from({ length: Math.max(...levels) + 1 }, () => source.vectors.map((): number[] => []));
  const select = (q: number, candidates: Near[], limit: number): number[] => {
    const distance = candidates.length < limit ? () => Number.POSITIVE_INFINITY : pair;
    return selectNeighbors(q, candidates, limit, 0, { distance, layers: [] }).reverse();
  };
  const [first, ...others] = hnswProfiles[profile].order(levels);
  let entry = first!;
  for (const q of others) {
    const search = (entries: Near[], count: number, level: number): Near[] =>
      searchLayer(
        (id) => pair(q, id),
        entries,
        count,
        (id) => lists[level]![id]!,
      );
    let entries = [{ id: entry, distance: pair(q, entry) }];
    for (let level = levels[entry]!; level > levels[q]!; level--) entries = search(entries, 1, level);
    for (let level = Math.min(levels[entry]!, levels[q]!); level >= 0; level--) {
      const layer = lists[level]!;
      const cap = level === 0 ? 2 * M : M;
      const found = search(entries, ef, level);
      layer[q] = select(q, found, profile === 'faiss' ? cap : M);
      for (const e of layer[q]!) {
        layer[e]!.push(q);
        if (layer[e]!.length <= cap) continue;
        const candidates = layer[e]!.map((id) => ({ id, distance: pair(e, id) }));
        layer[e] = select(e, candidates, cap);
      }
      if (profile === 'hnswlib') entries = found.slice(0, 1); // faiss: where the greedy descent ended, on every level
    }
    if (levels[q]! > levels[entry]!) entry = q;
  }
  return lists;
}

test('the library profiles equal their insertion written out naively: 60 graphs with many ties', async () => {
  const random = new Random(5, 'naive');
  for (let trial = 0; trial < 60; trial++) {
    const profile = trial % 2 === 0 ? 'faiss' : 'hnswlib';
    const source = new NaiveSource(Array.from({ length: 90 }, () => Array.from({ length: 3 }, () => random.below(15))));
    const [M, efConstruction] = [2 + random.below(6), 2 + random.below(40)];
    const { graph } = await buildHnsw(source, { M, efConstruction, profile });
    const expected = naiveLibrary(source, profile, graph.levels, M, efConstruction);
    for (let node = 0; node < 90; node++) {
      for (let level = 0; level <= graph.levels[node]!; level++) {
        assert.equal(
          [...graph.neighbors(node, level)],
          expected[level]![node],
          `${profile}, M ${M}, ${efConstruction}`,
        );
      }
    }
  }
});

test('distances that overflow to infinity are distances: every point is linked, and ties go to the smaller id', async () => {
  const source = new NaiveSource(Array.from({ length: 40 }, (_, i) => [i % 2 === 0 ? 1e200 : -1e200]));
  for (const profile of HNSW_PROFILES) {
    const { graph } = await buildHnsw(source, { M: 4, efConstruction: 10, profile });
    checkGraph(graph);
    for (let node = 0; node < 40; node++) assert.ok(graph.base.degrees[node]! > 0, `${profile}: ${node}`);
  }
});

test('an efConstruction beyond the number of points takes no room and changes nothing', async () => {
  const source = new NaiveSource(Array.from({ length: 60 }, (_, i) => [(i * 37) % 61, (i * 11) % 23]));
  const { graph } = await buildHnsw(source, { M: 4, efConstruction: 60 });
  const { graph: wide } = await buildHnsw(source, { M: 4, efConstruction: Number.MAX_SAFE_INTEGER });
  assert.equal(graphContents(wide), graphContents(graph));
});

test.run();
