import type { LayeredGraph } from '../../graph/adjacency.ts';
import { graphArrays, graphFromArrays } from '../../graph/graph-arrays.ts';
import { HNSW_PROFILES, type HnswProfileName } from '../../graph/hnsw/profile.ts';
import { ScalarQuantizer } from '../../quantize/scalar/scalar-quantizer.ts';
import {
  type Archive,
  type JsonObject,
  type NamedArray,
  requireArray,
  requireChoice,
  requireInteger,
} from '../../tensor/named-arrays.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../../tensor/vectors/vectors-array.ts';
import { requireSeed } from '../codes/code-archive.ts';

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

/** The arrays of a graph and what is to be known of it, without vectors. */
export function graphEntries({ graph, parameters, representatives }: SavedGraph): {
  arrays: Map<string, NamedArray>;
  parameters: JsonObject;
} {
  const { arrays, parameters: places } = graphArrays(graph);
  const all = new Map<string, NamedArray>(arrays);
  if (representatives) all.set('representatives', { shape: [representatives.length], data: representatives });
  return { arrays: all, parameters: { ...parameters, ...places } };
}

/** SQ8 codes of compressed vectors. */
export interface WalkCodes {
  readonly quantizer: ScalarQuantizer;
  /** (rows, quantizer.dim) */
  readonly codes: Uint8Array;
}

/** What a graph is searched over. */
export interface SearchedOver {
  readonly base: Vectors;
  /** What a re-ranked search walks over. */
  readonly walk: WalkCodes | undefined;
}

export function writeGraphArchive(saved: SavedGraph, { base, walk }: SearchedOver): Archive {
  const entries = graphEntries(saved);
  const arrays = new Map<string, NamedArray>([['vectors', vectorsArray(base)], ...entries.arrays]);
  const sizes = { rows: base.rows, dim: base.cols };
  if (!walk) return { kind: 'hnsw', parameters: { ...sizes, ...entries.parameters }, arrays };
  const { dim: walkDim } = walk.quantizer;
  const quantizer = walk.quantizer.toArrays();
  for (const [name, array] of quantizer.arrays) arrays.set(name, array);
  arrays.set('walkCodes', { shape: [base.rows, walkDim], data: walk.codes });
  return { kind: 'hnsw', parameters: { ...sizes, walkDim, ...quantizer.parameters, ...entries.parameters }, arrays };
}

/** A graph, and how it was made. */
export interface SavedGraph {
  readonly graph: LayeredGraph;
  readonly parameters: GraphParameters;
  /** Of each row, where identical vectors are one point of the graph. */
  readonly representatives: Int32Array | undefined;
}

export interface GraphArchive extends SavedGraph, SearchedOver {}

/** @throws {RangeError} at the first thing that does not fit */
export function readGraphArchive(archive: Archive): GraphArchive {
  if (archive.kind !== 'hnsw') throw new RangeError(`${WHERE}: expected kind hnsw, got ${archive.kind}.`);
  const { arrays, parameters: saved } = archive;
  const rows = requireInteger(saved, 'rows', 0, LARGEST, WHERE);
  const dim = requireInteger(saved, 'dim', 1, LARGEST, WHERE);
  const base = requireVectors(arrays, 'vectors', rows, dim, WHERE);
  const graph = readGraph(arrays, saved, rows, WHERE);
  if (saved['walkDim'] === undefined) return { ...graph, base, walk: undefined };
  const walkDim = requireInteger(saved, 'walkDim', 1, LARGEST, WHERE);
  const quantizer = ScalarQuantizer.fromArrays(arrays, saved, walkDim, WHERE);
  if (quantizer.range !== 'uniform') {
    throw new RangeError(`${WHERE}: expected walk codes of range uniform, got ${quantizer.range}.`);
  }
  const codes = requireArray(arrays, 'walkCodes', 'uint8', [rows, walkDim], WHERE).data;
  return { ...graph, base, walk: { quantizer, codes } };
}

/**
 * What `graphEntries` gave.
 *
 * @param where begins the message
 * @param baseLinks how many links a list of level 0 has room for; 2M if not given
 * @throws {RangeError} at the first thing that does not fit
 */
export function readGraph(
  arrays: ReadonlyMap<string, NamedArray>,
  saved: JsonObject,
  rows: number,
  where: string,
  baseLinks?: number,
): SavedGraph {
  const parameters: GraphParameters = {
    M: requireInteger(saved, 'M', 2, LARGEST, where),
    efConstruction: requireInteger(saved, 'efConstruction', 1, Number.MAX_SAFE_INTEGER, where),
    profile: requireChoice(saved, 'profile', HNSW_PROFILES, where),
    seed: requireSeed(saved, where),
    extendCandidates: requireFlag(saved, 'extendCandidates', where),
    keepPrunedConnections: requireFlag(saved, 'keepPrunedConnections', where),
    graphDim: requireInteger(saved, 'graphDim', 1, LARGEST, where),
  };
  requireArray(arrays, 'links', 'int32', [rows, baseLinks ?? 2 * parameters.M], where);
  requireArray(arrays, 'upperLinks', 'int32', [undefined, parameters.M], where);
  const graph = graphFromArrays(arrays, saved, rows, where);
  return { graph, parameters, representatives: requireRepresentatives(arrays, graph.levels, where) };
}

/** The representatives, if there are any: of a row in the graph the row itself, of any other an earlier row in the graph. */
function requireRepresentatives(
  arrays: ReadonlyMap<string, NamedArray>,
  levels: Int32Array,
  where: string,
): Int32Array | undefined {
  const representatives = arrays.has('representatives')
    ? requireArray(arrays, 'representatives', 'int32', [levels.length], where).data
    : undefined;
  for (let row = 0; row < levels.length; row++) {
    const first = representatives ? representatives[row]! : row;
    const fits = levels[row]! >= 0 ? first === row : first >= 0 && first < row && levels[first]! >= 0;
    if (fits) continue;
    throw new RangeError(
      `${where}: expected row ${row} of level ${levels[row]} to stand for itself or an earlier one, got ${first}.`,
    );
  }
  return representatives;
}

function requireFlag(parameters: JsonObject, name: string, where: string): boolean {
  const value = parameters[name];
  if (typeof value === 'boolean') return value;
  throw new RangeError(`${where}: expected "${name}" to be true or false, got ${JSON.stringify(value)}.`);
}
