import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredGraph } from '../../../src/graph/adjacency.ts';
import { CandidateExtension } from '../../../src/graph/hnsw/extend-candidates.ts';
import { NeighborSelector } from '../../../src/graph/select.ts';
import { NaiveSource } from '../../support/naive-source.ts';

test('adds each neighbor of a candidate once, with its distance, and never the point itself', () => {
  const source = new NaiveSource([[0], [1], [2], [3], [4], [5]]);
  const graph = new LayeredGraph(new Int32Array(6), 3, 1);
  for (const [from, to] of [
    [1, 0],
    [1, 2],
    [1, 3],
    [2, 3],
    [2, 4],
    [4, 5],
  ]) {
    graph.base.append(from!, to!);
  }
  const extension = new CandidateExtension(graph, source);
  for (let repeat = 0; repeat < 2; repeat++) {
    const selector = new NeighborSelector(source, 2);
    selector.offer(2, 4, false);
    selector.offer(1, 1, false);
    extension.extend(selector, 0, 0);
    assert.is(selector.selectAll(), 4, '5 is two links away');
    assert.equal([...selector.ids.subarray(0, 4)], [1, 2, 3, 4]);
    assert.equal([...selector.distances.subarray(0, 4)], [1, 4, 9, 16]);
  }
});

test.run();
