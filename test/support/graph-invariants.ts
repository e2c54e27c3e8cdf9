import * as assert from 'uvu/assert';
import type { LayeredGraph } from '../../src/graph/adjacency.ts';

/** What every layered graph must satisfy, whatever built it. */
export function checkGraph(graph: LayeredGraph): void {
  const top = graph.levels.reduce((most, level) => Math.max(most, level), -1);
  assert.is(graph.maxLevel, top);
  if (top < 0) assert.is(graph.entry, -1);
  else assert.is(graph.levels[graph.entry], top);
  for (let node = 0; node < graph.size; node++) {
    for (let level = 0; level <= graph.levels[node]!; level++) {
      const neighbors = [...graph.neighbors(node, level)];
      const layer = graph.layer(level);
      const padding = graph.listOf(node, level) * layer.capacity + neighbors.length;
      assert.ok(neighbors.length <= layer.capacity);
      assert.not(neighbors.includes(node), `point ${node} links to itself`);
      assert.is(new Set(neighbors).size, neighbors.length, `point ${node} links twice to one`);
      for (const id of neighbors) assert.ok(id >= 0 && id < graph.size && graph.levels[id]! >= level);
      if (neighbors.length < layer.capacity) assert.is(layer.links[padding], -1);
    }
  }
}

/** All links and where to enter, for comparing two graphs. */
export function graphContents(graph: LayeredGraph): unknown {
  const { base, upper, levels, entry, maxLevel } = graph;
  return { links: [...base.links], upper: [...upper.links], levels: [...levels], entry, maxLevel };
}
