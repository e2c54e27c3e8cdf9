import { LayeredGraph } from '../../graph/adjacency.ts';
import { NSG_PROFILES, type NsgProfileName, nsgProfiles } from '../../graph/nsg/profile.ts';
import {
  type Archive,
  type JsonObject,
  type JsonValue,
  type NamedArray,
  requireArray,
  requireChoice,
  requireInteger,
} from '../../tensor/named-arrays.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../../tensor/vectors/vectors-array.ts';
import { requireSizes } from '../codes/code-archive.ts';

/** How the k-NN graph of an NSG is made: by comparing all pairs, or by NN-descent, whose letters `nn-descent.ts` explains. */
export type NeighborGraph =
  | { readonly method: 'exact'; readonly K: number }
  | {
      readonly method: 'nn-descent';
      readonly K: number;
      readonly L: number;
      readonly iter: number;
      readonly S: number;
      readonly R: number;
    };

/** How an NSG index was made. */
export interface NsgParameters {
  readonly R: number;
  readonly L: number;
  readonly C: number;
  readonly profile: NsgProfileName;
  readonly neighborGraph: NeighborGraph;
  /** Numbers a vector of the matrix that the graph was built on. */
  readonly graphDim: number;
  /** How many points had to be linked in the end because they were out of reach. */
  readonly attached: number;
}

const WHERE = 'NSG index';
const LARGEST = 2 ** 31 - 1;

export function writeNsgArchive(graph: LayeredGraph, parameters: NsgParameters, base: Vectors): Archive {
  const { lists, capacity, links } = graph.base;
  const arrays = new Map<string, NamedArray>([
    ['vectors', vectorsArray(base)],
    ['links', { shape: [lists, capacity], data: links }],
  ]);
  const sizes = { rows: base.rows, dim: base.cols };
  return { kind: 'nsg', parameters: { ...sizes, ...parameters, entry: graph.entry }, arrays };
}

export interface SavedNsg {
  readonly graph: LayeredGraph;
  readonly parameters: NsgParameters;
}

export interface NsgArchive extends SavedNsg {
  readonly base: Vectors;
}

/** @throws {RangeError} at the first thing that does not fit */
export function readNsgArchive(archive: Archive): NsgArchive {
  const { rows, dim } = requireSizes(archive, 'nsg', WHERE);
  const base = requireVectors(archive.arrays, 'vectors', rows, dim, WHERE);
  return { ...readNsgGraph(archive, rows), base };
}

/** The graph of an archive, which may lack its vectors. @throws {RangeError} at the first thing that does not fit */
export function readNsgGraph({ arrays, parameters: saved }: Archive, rows: number): SavedNsg {
  const parameters: NsgParameters = {
    R: requireInteger(saved, 'R', 1, LARGEST, WHERE),
    L: requireInteger(saved, 'L', 1, LARGEST, WHERE),
    C: requireInteger(saved, 'C', 1, LARGEST, WHERE),
    profile: requireChoice(saved, 'profile', NSG_PROFILES, WHERE),
    neighborGraph: requireNeighborGraph(saved['neighborGraph'], `${WHERE}, k-NN graph`),
    graphDim: requireInteger(saved, 'graphDim', 1, LARGEST, WHERE),
    attached: requireInteger(saved, 'attached', 0, rows, WHERE),
  };
  const entry = requireInteger(saved, 'entry', rows === 0 ? -1 : 0, rows - 1, WHERE);
  const graph = requireLists(requireArray(arrays, 'links', 'int32', [rows, undefined], WHERE), parameters);
  graph.entry = entry;
  graph.maxLevel = rows === 0 ? -1 : 0;
  return { graph, parameters };
}

/**
 * Checks how a k-NN graph is to be made.
 *
 * @param where begins the message
 * @throws {RangeError} if something is missing, unknown or out of its range
 */
export function requireNeighborGraph(value: JsonValue | undefined, where: string): NeighborGraph {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError(
      `${where}: expected "neighborGraph" to be an object, got ${JSON.stringify(value) ?? 'nothing'}.`,
    );
  }
  const saved = value as JsonObject;
  const method = requireChoice(saved, 'method', ['exact', 'nn-descent'] as const, where);
  const K = requireInteger(saved, 'K', 1, LARGEST, where);
  if (method === 'exact') return { method, K };
  const L = requireInteger(saved, 'L', K, LARGEST, where);
  const iter = requireInteger(saved, 'iter', 1, LARGEST, where);
  const S = requireInteger(saved, 'S', 1, L, where);
  return { method, K, L, iter, S, R: requireInteger(saved, 'R', 1, LARGEST, where) };
}

/** The lists, R long or one more, as a graph: ids of points, then only -1. Other than canonical ones may repeat one or hold their own. */
function requireLists({ shape, data }: NamedArray<Int32Array>, { R, profile }: NsgParameters): LayeredGraph {
  const [rows, width] = shape as [number, number];
  const { keepsItself } = nsgProfiles[profile];
  if (width !== R && (keepsItself || width !== R + 1)) {
    throw new RangeError(`${WHERE}: expected "links" of ${R} columns, got ${width}.`);
  }
  const graph = new LayeredGraph(new Int32Array(rows), width, 0);
  for (let node = 0; node < rows; node++) {
    const row = data.subarray(node * width, (node + 1) * width);
    const end = row.indexOf(-1);
    const degree = end < 0 ? width : end;
    const wrong = row.findIndex((id, i) => (i < degree ? id < 0 || id >= rows : id !== -1));
    if (wrong >= 0) {
      const range = `ids from 0 to ${rows - 1}, then -1,`;
      throw new RangeError(`${WHERE}: expected ${range} among the neighbors of point ${node}, got ${row[wrong]}.`);
    }
    const repeated = row.findIndex((id, i) => i < degree && (id === node || row.indexOf(id) < i));
    if (repeated >= 0 && !keepsItself) {
      throw new RangeError(
        `${WHERE}: expected other, distinct points among the neighbors of point ${node}, got ${row[repeated]}.`,
      );
    }
    graph.base.replace(node, row, degree);
  }
  return graph;
}
