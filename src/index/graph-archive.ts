import type { LayeredGraph } from '../graph/adjacency.ts';
import { graphArrays, graphFromArrays } from '../graph/graph-arrays.ts';
import { HNSW_PROFILES, type HnswProfileName } from '../graph/hnsw-profile.ts';
import { createMatrix, type Matrix, requireFinite } from '../tensor/matrix.ts';
import {
  type Archive,
  type JsonObject,
  type NamedArray,
  requireArray,
  requireChoice,
  requireInteger,
} from '../tensor/named-arrays.ts';

/** How a graph index was made. */
export interface GraphParameters {
  readonly M: number;
  readonly efConstruction: number;
  readonly profile: HnswProfileName;
  readonly seed: number | string;
  readonly extendCandidates: boolean;
  readonly keepPrunedConnections: boolean;
  /** Numbers a vector of the matrix that the graph was built on. */
  readonly graphDim: number;
}

const WHERE = 'HNSW index';
const LARGEST = 2 ** 31 - 1;

/** @param found the representative of each row, where identical vectors are one point of the graph */
export function writeGraphArchive(
  graph: LayeredGraph,
  parameters: GraphParameters,
  base: Matrix,
  found: Int32Array | undefined,
): Archive {
  const { arrays, parameters: places } = graphArrays(graph);
  const all = new Map<string, NamedArray>([
    ['vectors', { shape: [base.rows, base.cols], data: base.data.subarray(0, base.rows * base.cols) }],
    ...arrays,
  ]);
  if (found) all.set('representatives', { shape: [found.length], data: found });
  const sizes = { rows: base.rows, dim: base.cols };
  return { kind: 'hnsw', parameters: { ...sizes, ...parameters, ...places }, arrays: all };
}

export interface GraphArchive {
  readonly graph: LayeredGraph;
  readonly parameters: GraphParameters;
  readonly base: Matrix;
  readonly found: Int32Array | undefined;
}

/** @throws {RangeError} at the first thing that does not fit */
export function readGraphArchive(archive: Archive): GraphArchive {
  if (archive.kind !== 'hnsw') throw new RangeError(`${WHERE}: expected kind hnsw, got ${archive.kind}.`);
  const { arrays, parameters: saved } = archive;
  const rows = requireInteger(saved, 'rows', 0, LARGEST, WHERE);
  const dim = requireInteger(saved, 'dim', 1, LARGEST, WHERE);
  const base = createMatrix(rows, dim, requireArray(arrays, 'vectors', 'float32', [rows, dim], WHERE).data);
  requireFinite(base, WHERE);
  const parameters: GraphParameters = {
    M: requireInteger(saved, 'M', 2, LARGEST, WHERE),
    efConstruction: requireInteger(saved, 'efConstruction', 1, LARGEST, WHERE),
    profile: requireChoice(saved, 'profile', HNSW_PROFILES, WHERE),
    seed: requireSeed(saved),
    extendCandidates: requireFlag(saved, 'extendCandidates'),
    keepPrunedConnections: requireFlag(saved, 'keepPrunedConnections'),
    graphDim: requireInteger(saved, 'graphDim', 1, LARGEST, WHERE),
  };
  requireArray(arrays, 'links', 'int32', [rows, 2 * parameters.M], WHERE);
  requireArray(arrays, 'upperLinks', 'int32', [undefined, parameters.M], WHERE);
  const graph = graphFromArrays(arrays, saved, rows, WHERE);
  return { graph, parameters, base, found: requireRepresentatives(arrays, graph.levels) };
}

/** The representatives, if there are any: of a row in the graph the row itself, of any other an earlier row in the graph. */
function requireRepresentatives(arrays: ReadonlyMap<string, NamedArray>, levels: Int32Array): Int32Array | undefined {
  const found = arrays.has('representatives')
    ? requireArray(arrays, 'representatives', 'int32', [levels.length], WHERE).data
    : undefined;
  for (let row = 0; row < levels.length; row++) {
    const first = found ? found[row]! : row;
    const fits = levels[row]! >= 0 ? first === row : first >= 0 && first < row && levels[first]! >= 0;
    if (fits) continue;
    throw new RangeError(
      `${WHERE}: expected row ${row} of level ${levels[row]} to stand for itself or an earlier one, got ${first}.`,
    );
  }
  return found;
}

function requireFlag(parameters: JsonObject, name: string): boolean {
  const value = parameters[name];
  if (typeof value === 'boolean') return value;
  throw new RangeError(`${WHERE}: expected "${name}" to be true or false, got ${JSON.stringify(value)}.`);
}

function requireSeed(parameters: JsonObject): number | string {
  const value = parameters['seed'];
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new RangeError(`${WHERE}: expected "seed" to be a number or a text, got ${JSON.stringify(value)}.`);
}
