import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredGraph } from '../../src/graph/adjacency.ts';
import { type GraphArrays, graphArrays, graphFromArrays } from '../../src/graph/graph-arrays.ts';
import type { NamedArray } from '../../src/tensor/named-arrays.ts';
import { graphContents } from '../support/graph-invariants.ts';

/** Points 0 … 4, point 3 outside the graph; levels 2, 0, 1. */
function drawn(): LayeredGraph {
  const graph = new LayeredGraph(Int32Array.of(2, 0, 1, -1, 0), 3, 2);
  graph.entry = 0;
  graph.maxLevel = 2;
  graph.base.replace(0, Int32Array.of(1, 2), 2);
  graph.base.replace(1, Int32Array.of(0, 2, 4), 3);
  graph.base.replace(4, Int32Array.of(1), 1);
  graph.upper.append(graph.listOf(0, 1), 2);
  graph.upper.append(graph.listOf(2, 1), 0);
  return graph;
}

const read = (saved: GraphArrays, size = 5): LayeredGraph =>
  graphFromArrays(saved.arrays, saved.parameters, size, 'Graph');

/** The arrays of `drawn`, after a change; arrays are copied first. */
function changed(change: (arrays: Map<string, NamedArray>, parameters: { entry: number; maxLevel: number }) => void) {
  const saved = graphArrays(drawn());
  const arrays = new Map<string, NamedArray>();
  for (const [name, { shape, data }] of saved.arrays) arrays.set(name, { shape, data: data.slice() });
  const parameters = { ...saved.parameters };
  change(arrays, parameters);
  return { arrays, parameters };
}

test('a graph read back is the same', () => {
  const graph = drawn();
  const again = read(graphArrays(graph));
  assert.equal(graphContents(again), graphContents(graph));
  assert.equal(again.base.degrees, graph.base.degrees);
  assert.equal(again.upper.degrees, graph.upper.degrees);
});

test('an empty graph read back is empty', () => {
  const again = read(graphArrays(new LayeredGraph(new Int32Array(0), 4, 2)), 0);
  assert.equal([again.size, again.entry, again.maxLevel], [0, -1, -1]);
});

const put =
  (name: string, place: number, value: number) =>
  (arrays: Map<string, NamedArray>): void => {
    arrays.get(name)!.data[place] = value;
  };

const corruptions: [string, Parameters<typeof changed>[0], RegExp][] = [
  ['a missing array', (arrays) => arrays.delete('links'), /expected array "links" of int32 \[5, any\], got none/],
  [
    'an id beyond the last',
    put('links', 1, 5),
    /expected ids from 0 to 4, then -1, among the neighbors of point 0 .* got 5\./,
  ],
  ['a negative id', put('links', 1, -2), /expected ids .* got -2\./],
  ['an id after -1', put('links', 0, -1), /expected ids .* got 2\./],
  ['a link to itself', put('links', 0, 0), /expected other, distinct points among the neighbors of point 0 .* got 0\./],
  ['a link twice', put('links', 0, 2), /expected other, distinct points .* got 2\./],
  ['a link to a point outside the graph', put('links', 0, 3), /got 3 of level -1\./],
  [
    'a link above the level of its end',
    put('upperLinks', 0, 1),
    /expected points of this level .* level 1, got 1 of level 0/,
  ],
  ['links of a point outside the graph', put('links', 9, 1), /expected no neighbors of point 3, .* got 1\./],
  ['a level below -1', put('levels', 1, -2), /expected levels from -1, got -2\./],
  ['a level that lists do not match', put('levels', 1, 1), /expected 4 lists above level 0, .* got 3\./],
  ['a higher level than said', put('levels', 1, 3), /expected "maxLevel" 3, the highest level, got 2\./],
  ['an entry beyond the last', (_, p) => (p.entry = 5), /expected "entry" to be an integer from 0 to 4, got 5\./],
  [
    'an entry that is not on top',
    (_, p) => (p.entry = 2),
    /expected "entry" to be on level 2, got point 2 of level 1\./,
  ],
  ['another top level', (_, p) => (p.maxLevel = 1), /expected "maxLevel" 2, the highest level, got 1\./],
  ['no top level', (_, p) => (p.maxLevel = -1), /expected "entry" to be an integer from -1 to -1, got 0\./],
];
for (const [name, change, message] of corruptions) {
  test(`${name} is refused in one line`, () => {
    assert.throws(
      () => read(changed(change)),
      (error: Error) =>
        error instanceof RangeError && message.test(error.message) && /^Graph: [^\n]*$/.test(error.message),
    );
  });
}

test('a graph of another number of points is refused', () => {
  assert.throws(() => read(graphArrays(drawn()), 4), /expected array "levels" of int32 \[4\], got int32 \[5\]/);
});

test.run();
