import { type JsonObject, type NamedArray, requireArray, requireInteger } from '../tensor/named-arrays.ts';
import { type Adjacency, LayeredGraph } from './adjacency.ts';

/** A graph as it is saved: `levels`, `links` (level 0) and `upperLinks`, lists filled up with -1, and two numbers. */
export interface GraphArrays {
  readonly arrays: ReadonlyMap<string, NamedArray>;
  readonly parameters: { readonly entry: number; readonly maxLevel: number };
}

export function graphArrays(graph: LayeredGraph): GraphArrays {
  const { base, upper, levels, entry, maxLevel } = graph;
  const arrays = new Map<string, NamedArray>([
    ['levels', { shape: [levels.length], data: levels }],
    ['links', { shape: [base.lists, base.capacity], data: base.links }],
    ['upperLinks', { shape: [upper.lists, upper.capacity], data: upper.links }],
  ]);
  return { arrays, parameters: { entry, maxLevel } };
}

/**
 * The graph of `graphArrays`, after checking all that a search relies on: shapes, every id, level, degree, and the entry.
 *
 * @param size how many points there must be
 * @param where begins the message
 * @throws {RangeError} at the first thing that does not fit
 */
export function graphFromArrays(
  arrays: ReadonlyMap<string, NamedArray>,
  parameters: JsonObject,
  size: number,
  where: string,
): LayeredGraph {
  const levels = requireArray(arrays, 'levels', 'int32', [size], where).data;
  const base = requireArray(arrays, 'links', 'int32', [size, undefined], where);
  const upper = requireArray(arrays, 'upperLinks', 'int32', [undefined, undefined], where);
  const maxLevel = requireInteger(parameters, 'maxLevel', -1, 2 ** 31 - 1, where);
  const entry = requireInteger(parameters, 'entry', maxLevel < 0 ? -1 : 0, maxLevel < 0 ? -1 : size - 1, where);
  requireLevels(levels, maxLevel, entry, upper.shape[0]!, where);
  const graph = new LayeredGraph(levels, base.shape[1]!, upper.shape[1]!);
  graph.base.links.set(base.data);
  graph.upper.links.set(upper.data);
  graph.entry = entry;
  graph.maxLevel = maxLevel;
  for (let node = 0; node < size; node++) {
    if (levels[node]! < 0) requireEmpty(graph.base, node, where);
    for (let level = 0; level <= levels[node]!; level++) requireList(graph, node, level, where);
  }
  return graph;
}

function requireLevels(levels: Int32Array, maxLevel: number, entry: number, lists: number, where: string): void {
  let top = -1;
  let sum = 0;
  for (const level of levels) {
    if (level < -1) throw new RangeError(`${where}: expected levels from -1, got ${level}.`);
    top = Math.max(top, level);
    sum += Math.max(0, level);
  }
  if (top !== maxLevel)
    throw new RangeError(`${where}: expected "maxLevel" ${top}, the highest level, got ${maxLevel}.`);
  if (sum !== lists) {
    throw new RangeError(`${where}: expected ${sum} lists above level 0, one for each level, got ${lists}.`);
  }
  if (entry >= 0 && levels[entry] !== maxLevel) {
    throw new RangeError(
      `${where}: expected "entry" to be on level ${maxLevel}, got point ${entry} of level ${levels[entry]}.`,
    );
  }
}

function requireEmpty(layer: Adjacency, list: number, where: string): void {
  const first = layer.links[list * layer.capacity]!;
  if (first !== -1) {
    throw new RangeError(`${where}: expected no neighbors of point ${list}, which is not in the graph, got ${first}.`);
  }
}

/** Checks one list and sets its degree: distinct ids of points of this level, never the point itself, then only -1. */
function requireList(graph: LayeredGraph, node: number, level: number, where: string): void {
  const layer = graph.layer(level);
  const list = graph.listOf(node, level);
  const row = layer.links.subarray(list * layer.capacity, (list + 1) * layer.capacity);
  const end = row.indexOf(-1);
  const degree = end < 0 ? row.length : end;
  const place = `among the neighbors of point ${node} at level ${level}`;
  for (let i = 0; i < row.length; i++) {
    const id = row[i]!;
    if (i >= degree ? id !== -1 : id < 0 || id >= graph.size) {
      throw new RangeError(`${where}: expected ids from 0 to ${graph.size - 1}, then -1, ${place}, got ${id}.`);
    }
    if (i >= degree) continue;
    if (graph.levels[id]! < level) {
      throw new RangeError(`${where}: expected points of this level ${place}, got ${id} of level ${graph.levels[id]}.`);
    }
    if (id === node || row.indexOf(id) < i) {
      throw new RangeError(`${where}: expected other, distinct points ${place}, got ${id}.`);
    }
  }
  layer.degrees[list] = degree;
}
