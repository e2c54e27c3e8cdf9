/**
 * Shows that our `faiss` profile builds faiss's NSG, list for list and in order.
 *
 *   node --import tsx bench/peers/compare-nsg.ts BASE.fvecs [--limit 5000] [--K 100] [--R 32] [--L 64] [--C 132]
 *
 * Both begin with the exact k-NN graph, ours also with the library's, and ours with distances summed in the library's order as well as
 * with our own kernels, whose last bits differ, so that near ties may fall the other way. With the library's k-NN graph and sums
 * all lists must be equal.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNsg, type QueriedSource } from '../../src/graph/nsg/build.ts';
import { exactKnnGraph } from '../../src/index/graph/exact-knn-graph.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { centroid } from '../../src/tensor/vectors/centroid.ts';
import { VectorSet } from '../../src/tensor/vectors/vector-set.ts';
import { benchArguments } from '../arguments.ts';
import { LibrarySum } from './library-sum.ts';

const PYTHON = '/usr/bin/python3';

const { values, operands } = benchArguments(['BASE.fvecs'], { limit: '5000', K: '100', R: '32', L: '64', C: '132' });

interface LibraryNsg {
  readonly knn: Int32Array;
  readonly entry: number;
  readonly lists: readonly string[];
  readonly seconds: number;
}

function libraryNsg(base: string, rows: number, K: number, R: number, L: number, C: number): LibraryNsg {
  const folder = mkdtempSync(join(tmpdir(), 'library-nsg-'));
  const out = join(folder, 'nsg.i32');
  const script = fileURLToPath(new URL('library-nsg.py', import.meta.url));
  const run = spawnSync(PYTHON, [script, base, ...[rows, K, R, L, C].map(String), out], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`library-nsg.py: ${run.stderr || run.error}`);
  const bytes = readFileSync(out);
  rmSync(folder, { recursive: true });
  const all = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const lists: string[] = [];
  let at = 4 + rows * K;
  for (let row = 0; row < rows; row++) {
    const degree = all[at++]!;
    lists.push(all.slice(at, at + degree).join(','));
    at += degree;
  }
  return { knn: all.slice(4, 4 + rows * K), entry: all[3]!, lists, seconds: Number(run.stdout) };
}

/** How many lists of the k-NN graph are the library's, and how many of its ids are in the library's list. */
function printNeighbors(ours: Int32Array, theirs: Int32Array, rows: number, K: number): void {
  let [same, shared] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [mine, other] = [ours.subarray(row * K, (row + 1) * K), theirs.subarray(row * K, (row + 1) * K)];
    if (mine.every((id, i) => id === other[i])) same++;
    for (const id of mine) if (other.includes(id)) shared++;
  }
  console.log(`  exact k-NN graph: ${same} of ${rows} lists equal, ${shared} of ${rows * K} neighbors`);
}

async function compare(
  name: string,
  source: QueriedSource,
  ids: Int32Array,
  matrix: Matrix,
  theirs: LibraryNsg,
): Promise<boolean> {
  const begin = process.cpuUsage();
  const knn = { rows: matrix.rows, K, ids };
  const { graph, attached } = await buildNsg(source, knn, centroid(matrix), { R, L, C, profile: 'faiss' });
  const { user, system } = process.cpuUsage(begin);
  const same = theirs.lists.filter((list, node) => list === graph.neighbors(node, 0).join(',')).length;
  const entry = graph.entry === theirs.entry ? 'same entry' : `entry ${graph.entry}, NOT ${theirs.entry}`;
  const seconds = ((user + system) / 1e6).toFixed(1);
  console.log(
    `  ${name}: ${same} of ${matrix.rows} lists equal, ${entry}, ${attached} attached, built in ${seconds} s`,
  );
  return same === matrix.rows && graph.entry === theirs.entry;
}

const [base] = operands;
const [K, R, L, C] = [Number(values.K), Number(values.R), Number(values.L), Number(values.C)];
const matrix = await readVectors(base, { limit: Number(values.limit) });
console.log(`${base}: ${matrix.rows} x ${matrix.cols}, K = ${K}, R = ${R}, L = ${L}, C = ${C}`);
console.log(`${cpus()[0]?.model}, Node ${process.version}; seconds of processor time, one thread`);
const theirs = libraryNsg(base, matrix.rows, K, R, L, C);
console.log(`faiss: built with the k-NN graph in ${theirs.seconds.toFixed(1)} s`);
const ours = await exactKnnGraph(matrix, K);
printNeighbors(ours.ids, theirs.knn, matrix.rows, K);
const batch = Math.max(256, K, R + 1);
const inTheirs = new LibrarySum(matrix, 'faiss', batch);
const inOurs = new VectorSet(matrix, { batch });
const equal = await compare("the library's k-NN graph and sums", inTheirs, theirs.knn, matrix, theirs);
await compare("the library's k-NN graph, our kernels", inOurs, theirs.knn, matrix, theirs);
await compare("our k-NN graph, the library's sums", inTheirs, ours.ids, matrix, theirs);
await compare('our k-NN graph and kernels', inOurs, ours.ids, matrix, theirs);
console.log(equal ? 'EQUAL' : 'DIFFERENT');
process.exitCode = equal ? 0 : 1;
