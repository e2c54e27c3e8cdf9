import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Adjacency, LayeredGraph } from '../../src/graph/adjacency.ts';

test('lists grow at the end, are replaced whole, and are filled up with -1', () => {
  const adjacency = new Adjacency(2, 3);
  adjacency.append(1, 7);
  adjacency.append(1, 8);
  assert.equal([...adjacency.list(1)], [7, 8]);
  assert.equal([...adjacency.links], [-1, -1, -1, 7, 8, -1]);
  adjacency.replace(1, Int32Array.of(5, 6, 9), 1);
  assert.equal([...adjacency.list(1)], [5]);
  assert.equal([...adjacency.links], [-1, -1, -1, 5, -1, -1]);
});

test('each point has one list on each of its levels', () => {
  const graph = new LayeredGraph(Int32Array.of(2, 0, -1, 1), 4, 2);
  assert.is(graph.size, 4);
  assert.is(graph.base.lists, 4);
  assert.is(graph.upper.lists, 3);
  assert.equal([graph.listOf(0, 1), graph.listOf(0, 2), graph.listOf(3, 1)], [0, 1, 2]);
  graph.layer(2).append(graph.listOf(0, 2), 3);
  assert.equal([...graph.neighbors(0, 2)], [3]);
  assert.equal([...graph.neighbors(0, 0)], []);
  assert.is(graph.layer(0), graph.base);
});

test.run();
