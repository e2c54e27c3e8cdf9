import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredGraph } from '../../src/graph/adjacency.ts';
import { graphStatistics } from '../../src/graph/statistics.ts';

test('a graph drawn by hand: levels, degrees, reach and reciprocity', () => {
  const graph = new LayeredGraph(Int32Array.of(1, 0, 0, -1, 0), 2, 2);
  graph.entry = 0;
  graph.maxLevel = 1;
  graph.base.append(0, 1); // 0 and 1 link to each other, 1 to 2; 4 links to 0, and nothing links to 4
  graph.base.append(1, 0);
  graph.base.append(1, 2);
  graph.base.append(4, 0);
  assert.equal(graphStatistics(graph), {
    points: 4,
    levels: [3, 1],
    degrees: [1, 2, 1],
    meanDegree: 1,
    unreachable: 1,
    reachableFraction: 0.75,
    reciprocity: 0.5,
  });
});

test('reach begins at the entry point, wherever it is', () => {
  const graph = new LayeredGraph(Int32Array.of(0, 0, 1), 2, 2);
  graph.entry = 2;
  graph.maxLevel = 1;
  graph.base.append(0, 1);
  const { unreachable, reachableFraction } = graphStatistics(graph);
  assert.equal([unreachable, reachableFraction], [2, 1 / 3]);
});

test('an empty graph', () => {
  assert.equal(graphStatistics(new LayeredGraph(new Int32Array(0), 2, 1)), {
    points: 0,
    levels: [],
    degrees: [0, 0, 0],
    meanDegree: 0,
    unreachable: 0,
    reachableFraction: 1,
    reciprocity: 1,
  });
});

test.run();
