import { createMatrix, type Matrix } from '../tensor/matrix.ts';
import { requireOptions } from '../tensor/options.ts';
import { Random } from '../tensor/random/random.ts';
import { sine } from './sine.ts';

const LATENT = 16; // q
const CLUSTERS = 64; // C
const FEATURES = 256; // H
const SEPARATION = 24; // r

export interface ManifoldOptions {
  readonly rows: number;
  readonly queries: number;
  readonly dim: number;
  readonly seed: number | string;
}

/** Draws any rows of a data set; row i is the same whichever rows it is drawn with. */
export interface ManifoldRows {
  /** Rows first .. first + rows - 1 of the base. */
  base(first: number, rows: number): Matrix;
  /** The same of the queries. */
  query(first: number, rows: number): Matrix;
}

/** The surface that all rows lie on, up to noise. */
interface Manifold {
  readonly dim: number;
  /** m (C, q). */
  readonly centers: Float64Array;
  /** s (C). */
  readonly spreads: Float64Array;
  /** Om (H, q). */
  readonly frequencies: Float64Array;
  /** (H). */
  readonly phases: Float64Array;
  /** Bm transposed (H, D): a row is then added at once. */
  readonly mixing: Float64Array;
  /** W0 transposed (q, D). */
  readonly linear: Float64Array;
  /** o (C, D). */
  readonly offsets: Float64Array;
  /** (1 + j)^(-1/4), (D). */
  readonly scales: Float64Array;
}

/**
 * Seeded vectors on a curved manifold of 16 latent dimensions with 64 clusters of uneven size, plus noise: as hard for
 * compression as real image features (PCA at 4x keeps 1@1 near 0.55 for 10,000 rows of 128 dimensions).
 *
 * x = scale · (Bm sin(Om z + phase) + W0 z + o_c) + 0.03 G(D), z = m_c + s_c G(q), c = floor(64 U^1.5),
 * scale_j = (1 + j)^(-1/4); U uniform, G standard normal. Computed in float64, rounded to float32 once.
 *
 * The offsets o_c = 2 V p_c, with V = G(D, r) / sqrt(r) and p_c = G(r), set clusters apart in r = 24 directions of their own, in which
 * neighbors do not differ. Real features are like that: much of their variance separates far points, which PCA must keep and a
 * loss on near pairs may drop. Without them PCA and INRP are level here; with them their distance is that of real data.
 *
 * Row i depends on (seed, base or query, dim, i) alone, so a smaller set is a prefix of a larger one.
 *
 * @returns base (rows, dim) and query (queries, dim), from the same manifold and different streams
 * @throws {RangeError} if a size is not a whole number, or `dim` is 0
 *
 * @example
 * ```ts
 * import { generateManifold } from 'cnt-ann';
 *
 * const { base, query } = generateManifold({ rows: 1000, queries: 10, dim: 64, seed: 1 });
 * console.log(base.rows, query.rows, base.cols); // 1000 10 64
 * ```
 *
 * @category Vectors, models and files
 */
export function generateManifold(options: ManifoldOptions): { base: Matrix; query: Matrix } {
  requireOptions('generateManifold', options);
  const rows = manifoldRows(options.dim, options.seed);
  return { base: rows.base(0, options.rows), query: rows.query(0, options.queries) };
}

/** The rows of `generateManifold` in parts, for a caller that must look up between them. @throws {RangeError} as there */
export function manifoldRows(dim: number, seed: number | string): ManifoldRows {
  createMatrix(0, dim); // refuses what is no dimension
  const random = new Random(seed, 'manifold');
  const manifold = drawManifold(random, dim);
  const part = (stream: Random) => (first: number, rows: number) => {
    const matrix = createMatrix(rows, dim);
    drawRows(matrix, first, manifold, stream);
    return matrix;
  };
  return { base: part(random.child('base')), query: part(random.child('query')) };
}

function drawManifold(random: Random, dim: number): Manifold {
  const mixing = random.child('mixing');
  const linear = random.child('linear');
  const spreads = random.child('spreads');
  const phases = random.child('phases');
  return {
    dim,
    centers: normals(random.child('centers'), CLUSTERS, LATENT, 1),
    spreads: Float64Array.from({ length: CLUSTERS }, () => 0.6 * (0.5 + spreads.uniform())),
    frequencies: normals(random.child('frequencies'), FEATURES, LATENT, 0.45),
    phases: Float64Array.from({ length: FEATURES }, () => phases.uniform() * 2 * Math.PI),
    mixing: transposed(normals(mixing, dim, FEATURES, Math.sqrt(2 / FEATURES)), dim, FEATURES),
    linear: transposed(normals(linear, dim, LATENT, 1 / Math.sqrt(LATENT)), dim, LATENT),
    offsets: drawOffsets(random.child('separation'), random.child('places'), dim),
    scales: Float64Array.from({ length: dim }, (_, j) => 1 / Math.sqrt(Math.sqrt(1 + j))),
  };
}

function drawOffsets(directions: Random, places: Random, dim: number): Float64Array {
  const offsets = new Float64Array(CLUSTERS * dim);
  const separation = normals(directions, SEPARATION, dim, 2 / Math.sqrt(SEPARATION)); // 2 V transposed (r, D)
  for (let cluster = 0; cluster < CLUSTERS; cluster++) {
    const offset = offsets.subarray(cluster * dim, (cluster + 1) * dim);
    for (let p = 0; p < SEPARATION; p++) addScaled(offset, separation, p * dim, places.normal());
  }
  return offsets;
}

/** @param first the number of the target's row 0 in the data set */
function drawRows(target: Matrix, first: number, manifold: Manifold, random: Random): void {
  const { dim, centers, spreads, frequencies, phases, mixing, linear, offsets, scales } = manifold;
  const latent = new Float64Array(LATENT); // z
  const y = new Float64Array(dim);
  for (let i = 0; i < target.rows; i++) {
    const row = random.row(first + i);
    const u = row.uniform();
    const cluster = Math.floor(CLUSTERS * u * Math.sqrt(u)); // c
    y.fill(0);
    for (let p = 0; p < LATENT; p++) {
      latent[p] = centers[cluster * LATENT + p]! + spreads[cluster]! * row.normal();
    }
    for (let h = 0; h < FEATURES; h++) {
      let angle = phases[h]!;
      for (let p = 0; p < LATENT; p++) angle += frequencies[h * LATENT + p]! * latent[p]!;
      addScaled(y, mixing, h * dim, sine(angle));
    }
    for (let p = 0; p < LATENT; p++) addScaled(y, linear, p * dim, latent[p]!);
    addScaled(y, offsets, cluster * dim, 1);
    for (let j = 0; j < dim; j++) target.data[i * dim + j] = y[j]! * scales[j]! + 0.03 * row.normal();
  }
}

function addScaled(y: Float64Array, x: Float64Array, offset: number, factor: number): void {
  for (let j = 0; j < y.length; j++) y[j]! += factor * x[offset + j]!;
}

function normals(random: Random, rows: number, cols: number, factor: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, () => factor * random.normal());
}

function transposed(x: Float64Array, rows: number, cols: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]!);
}
