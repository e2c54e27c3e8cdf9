/**
 * Shows that our `faiss` profile learns the centroids and codebooks of faiss, and that codes and results are the same.
 *
 *   node --import tsx bench/peers/compare-quantizers.ts BASE.fvecs QUERY.fvecs [--limit 5000] [--queries 200] [--nlist 8] [--m 16]
 *
 * Twice. `library sum`: faiss is told to add squares one after the other, we do the same, and everything must be equal. `our
 * kernels`: faiss as it is, with |x|² + |y|² - 2xy from a BLAS, against our own distances: near ties may fall the other way, after
 * which k-means goes another way too; so the shares of equal parts are only printed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { type Assignment, kMeans, lloyd } from '../../src/quantize/k-means/k-means.ts';
import { faissStart, sampleRows } from '../../src/quantize/k-means/k-means-start.ts';
import { ProductQuantizer } from '../../src/quantize/product/product-quantizer.ts';
import { trainProduct } from '../../src/quantize/product/train-product.ts';
import { ScalarQuantizer } from '../../src/quantize/scalar/scalar-quantizer.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { benchArguments } from '../arguments.ts';

const PYTHON = '/usr/bin/python3';
const K = 100;
const CENTROIDS = 64;
const KSUB = 256;

const { values, operands } = benchArguments(['BASE.fvecs', 'QUERY.fvecs'], {
  limit: '5000',
  queries: '200',
  nlist: '8',
  m: '16',
});
const [basePath, queryPath] = operands;
const [limit, queries, nlist, m] = [values.limit, values.queries, values.nlist, values.m].map(Number) as [
  number,
  number,
  number,
  number,
];
const base = await readVectors(basePath, { limit });
const query = await readVectors(queryPath, { limit: queries });
const dim = base.cols;
const partDim = dim / m;

/** faiss compiled without SSE3, as Debian does, and told not to use its BLAS: one running float32 sum. */
class LibraryAssignment implements Assignment {
  readonly points: Float32Array;
  readonly ids: Int32Array;
  readonly distances: Float32Array;
  readonly count: number;
  readonly dim: number;

  constructor(points: Matrix) {
    this.points = points.data;
    this.count = points.rows;
    this.dim = points.cols;
    this.ids = new Int32Array(points.rows);
    this.distances = new Float32Array(points.rows);
  }

  find(centroids: Float32Array): void {
    const { dim, points } = this;
    for (let row = 0; row < this.ids.length; row++) {
      let least = Number.POSITIVE_INFINITY;
      for (let at = 0; at < centroids.length; at += dim) {
        let sum = 0;
        for (let i = 0; i < dim; i++) {
          const difference = Math.fround(points[row * dim + i]! - centroids[at + i]!);
          sum = Math.fround(sum + Math.fround(difference * difference));
        }
        if (sum >= least) continue;
        least = sum;
        this.ids[row] = at / dim;
      }
      this.distances[row] = least;
    }
  }

  sums(k: number, rounded: boolean): Float32Array | Float64Array {
    const { dim, points, ids } = this;
    const sums = rounded ? new Float32Array(k * dim) : new Float64Array(k * dim);
    for (let row = 0; row < ids.length; row++) {
      for (let i = 0; i < dim; i++) sums[ids[row]! * dim + i]! += points[row * dim + i]!;
    }
    return sums;
  }
}

/** Rounds of k-means by the library's sums. */
function libraryKMeans(points: Matrix, k: number, iterations: number): Float32Array {
  const sample = sampleRows(points, KSUB * k, 'faiss');
  const centroids = createMatrix(k, points.cols, faissStart(sample.data, sample.rows, points.cols, k));
  const search = new LibraryAssignment(sample);
  for (const present of lloyd(search, centroids, iterations, 'faiss', [])) search.find(present);
  return centroids.data;
}

function libraryNearest(points: Matrix, centroids: Float32Array): Int32Array {
  const search = new LibraryAssignment(points);
  search.find(centroids);
  return search.ids;
}

function part(x: Matrix, s: number): Matrix {
  const slice = createMatrix(x.rows, partDim);
  for (let row = 0; row < x.rows; row++) {
    slice.data.set(x.data.subarray(row * dim + s * partDim, row * dim + (s + 1) * partDim), row * partDim);
  }
  return slice;
}

/** Codebooks and codes by the library's sums. */
function libraryProduct(x: Matrix): { codebooks: Float32Array; codes: Uint8Array } {
  const codebooks = new Float32Array(KSUB * dim);
  const codes = new Uint8Array(x.rows * m);
  for (let s = 0; s < m; s++) {
    const slice = part(x, s);
    const centroids = libraryKMeans(slice, KSUB, 25);
    codebooks.set(centroids, s * KSUB * partDim);
    libraryNearest(slice, centroids).forEach((id, row) => {
      codes[row * m + s] = id;
    });
  }
  return { codebooks, codes };
}

/** What faiss holds, as library-quantize.py writes it. */
function library(sums: 'plain' | 'blas') {
  const folder = mkdtempSync(join(tmpdir(), 'library-quantize-'));
  const script = fileURLToPath(new URL('library-quantize.py', import.meta.url));
  const sizes = [limit, queries, nlist, m].map(String);
  const run = spawnSync(PYTHON, [script, 'arrays', basePath!, queryPath!, ...sizes, folder, sums], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`library-quantize.py: ${run.stderr || run.error}`);
  const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
  const floats = (name: string) => new Float32Array(bytes(name).buffer);
  const ints = (name: string) => new Int32Array(bytes(name).buffer);
  const held = {
    kMeans: floats('kmeans64.f32'),
    codebooks: floats('pq.codebooks.f32'),
    codes: bytes('pq.codes.u8'),
    coarse: floats('ivf.centroids.f32'),
    residualCodebooks: floats('ivf.codebooks.f32'),
    sizes: ints('ivf.sizes.i32'),
    ids: ints('ivf.ids.i32'),
    residualCodes: bytes('ivf.codes.u8'),
    found: new Map([1, nlist].map((nprobe) => [nprobe, ints(`ivf.found${nprobe}.i32`)])),
    distances: new Map([1, nlist].map((nprobe) => [nprobe, floats(`ivf.distances${nprobe}.f32`)])),
    trained: floats('sq.trained.f32'),
    bytes: bytes('sq.codes.u8'),
    projected: floats('pca.rows.f32'),
    seconds: JSON.parse(run.stdout) as Record<string, number>,
  };
  rmSync(folder, { recursive: true });
  return held;
}

let failed = false;

/** Prints how many groups of `width` numbers are equal; all must be where it is required. */
function compare(what: string, ours: ArrayLike<number>, theirs: ArrayLike<number>, width: number, required: boolean) {
  let same = 0;
  const groups = theirs.length / width;
  for (let group = 0; group < groups; group++) {
    let i = group * width;
    while (i < (group + 1) * width && ours[i] === theirs[i]) i++;
    if (i === (group + 1) * width) same++;
  }
  const equal = ours.length === theirs.length && same === groups;
  if (required && !equal) failed = true;
  console.log(`  ${what}: ${same} of ${groups} equal${required && !equal ? '  DIFFERENT' : ''}`);
}

/**
 * Compares the ids found where the distances that faiss gives are not near ties: an id may differ only between answers whose
 * distances agree within 1e-5 of themselves.
 */
function compareFound(what: string, ids: Int32Array, theirs: Int32Array, distances: Float32Array, required: boolean) {
  let same = 0;
  let ties = 0;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === theirs[i]) {
      same++;
      continue;
    }
    const first = i - (i % K);
    const place = theirs.subarray(first, first + K).indexOf(ids[i]!);
    const other = place < 0 ? distances[first + K - 1]! : distances[first + place]!;
    if (Math.abs(other - distances[i]!) <= 1e-5 * distances[i]!) ties++;
  }
  const wrong = ids.length - same - ties;
  if (required && wrong > 0) failed = true;
  console.log(`  ${what}: ${same} of ${ids.length} ids equal, ${ties} in near ties, ${wrong} others`);
}

/** Our index with the parts of theirs: what is left to compare is the search. */
function withTheirParts(theirs: ReturnType<typeof library>): IvfAdcIndex {
  const starts = new Int32Array(nlist + 1);
  theirs.sizes.forEach((size, list) => {
    starts[list + 1] = starts[list]! + size;
  });
  const arrays = new Map<string, { shape: number[]; data: Float32Array | Int32Array | Uint8Array }>([
    ['codebooks', { shape: [m, KSUB, partDim], data: theirs.residualCodebooks }],
    ['centroids', { shape: [nlist, dim], data: theirs.coarse }],
    ['starts', { shape: [nlist + 1], data: starts }],
    ['ids', { shape: [base.rows], data: theirs.ids }],
    ['codes', { shape: [base.rows, m], data: theirs.residualCodes }],
  ]);
  const parameters = { rows: base.rows, dim, nlist, m, bits: 8 };
  return IvfAdcIndex.fromArchive({ kind: 'ivfpq', parameters, arrays });
}

async function librarySums(): Promise<void> {
  const theirs = library('plain');
  console.log('library sum: all must be equal');
  compare('k-means, 64 centroids', libraryKMeans(base, CENTROIDS, 25), theirs.kMeans, dim, true);
  const product = libraryProduct(base);
  compare('PQ codebooks, centroids', product.codebooks, theirs.codebooks, partDim, true);
  compare('PQ codes', product.codes, theirs.codes, m, true);
  const coarse = libraryKMeans(base, nlist, 10);
  compare('IVFPQ coarse centroids', coarse, theirs.coarse, dim, true);
  const lists = libraryNearest(base, coarse);
  const ids = Int32Array.from(lists.keys()).sort((a, b) => lists[a]! - lists[b]! || a - b);
  compare('IVFPQ lists', ids, theirs.ids, 1, true);
  const residuals = createMatrix(base.rows, dim);
  for (let i = 0; i < residuals.data.length; i++) {
    residuals.data[i] = base.data[i]! - coarse[lists[Math.floor(i / dim)]! * dim + (i % dim)]!;
  }
  const residual = libraryProduct(residuals);
  compare('IVFPQ codebooks, centroids', residual.codebooks, theirs.residualCodebooks, partDim, true);
  const ordered = new Uint8Array(base.rows * m);
  ids.forEach((id, place) => {
    ordered.set(residual.codes.subarray(id * m, (id + 1) * m), place * m);
  });
  compare('IVFPQ codes', ordered, theirs.residualCodes, m, true);
  const index = withTheirParts(theirs);
  for (const nprobe of [1, nlist]) {
    const found = await index.search(query, K, { nprobe });
    compareFound(
      `IVFPQ results, our kernels, nprobe ${nprobe}`,
      found.ids.data,
      theirs.found.get(nprobe)!,
      theirs.distances.get(nprobe)!,
      true,
    );
  }
  compareScalar(theirs);
  compareComponents(theirs);
}

function compareScalar(theirs: ReturnType<typeof library>): void {
  const scalar = ScalarQuantizer.train(base);
  compare('SQ8 ranges', [...scalar.minima, ...scalar.spans], theirs.trained, 1, true);
  compare('SQ8 codes', scalar.encode(base), theirs.bytes, dim, true);
}

/** Components are directions without a sign: each must agree, as it is or reversed, over all rows. */
function compareComponents(theirs: ReturnType<typeof library>): void {
  const dOut = dim >> 2;
  const ours = trainPca(base, { dOut }).encode(base).data;
  let worst = 0;
  for (let column = 0; column < dOut; column++) {
    let [same, reversed, size] = [0, 0, 0];
    for (let i = column; i < ours.length; i += dOut) {
      const [a, b] = [ours[i]!, theirs.projected[i]!];
      same += (a - b) ** 2;
      reversed += (a + b) ** 2;
      size += b * b;
    }
    worst = Math.max(worst, Math.sqrt(Math.min(same, reversed) / size));
  }
  if (!(worst < 1e-3)) failed = true;
  console.log(`  PCA to ${dOut}, up to sign: columns differ by at most ${worst.toExponential(1)} of their length`);
}

async function timed<T>(run: () => T | Promise<T>): Promise<{ result: T; seconds: number }> {
  const begin = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(begin);
  return { result, seconds: (user + system) / 1e6 };
}

async function ourKernels(): Promise<void> {
  const theirs = library('blas');
  console.log('our kernels, faiss as it is: seconds of processor time are ours and theirs');
  const times = (name: string, ours: number) => `${name} (${ours.toFixed(2)} s, ${theirs.seconds[name]!.toFixed(2)} s)`;
  const clusters = await timed(() => kMeans(base, { k: CENTROIDS, profile: 'faiss' }));
  compare(times('k-means of 64', clusters.seconds), clusters.result.centroids.data, theirs.kMeans, dim, false);
  const product = await timed(async () => {
    const quantizer = await trainProduct(base, { m, profile: 'faiss' });
    return { quantizer, codes: quantizer.encode(base) };
  });
  compare(times('PQ', product.seconds), product.result.codes, theirs.codes, m, false);
  const encoded = new ProductQuantizer(dim, m, 8, theirs.codebooks).encode(base);
  compare('PQ codes by their codebooks', encoded, theirs.codes, m, false);
  const ivf = await timed(() => IvfAdcIndex.build({ base, nlist, m, profile: 'faiss' }));
  const codes = ivf.result.toArchive().arrays.get('codes')!.data;
  compare(times('IVFPQ', ivf.seconds), codes, theirs.residualCodes, m, false);
  const index = withTheirParts(theirs);
  for (const nprobe of [1, nlist]) {
    const found = await timed(() => index.search(query, K, { nprobe }));
    const what = times(`search, nprobe ${nprobe}`, found.seconds);
    compareFound(what, found.result.ids.data, theirs.found.get(nprobe)!, theirs.distances.get(nprobe)!, false);
  }
  compareScalar(theirs);
}

console.log(`${basePath}: ${base.rows} x ${dim}, ${query.rows} queries, nlist ${nlist}, m ${m}`);
console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}, one thread`);
await librarySums();
await ourKernels();
console.log(failed ? 'DIFFERENT' : 'EQUAL');
process.exitCode = failed ? 1 : 0;
