/**
 * Shows that our `faiss` and `hnswlib` profiles build the libraries' graphs, list for list and in order; `faiss` also over SQ8 codes.
 *
 *   node --import tsx bench/peers/compare-graphs.ts BASE.fvecs [--limit 5000] [--M 16] [--ef-construction 100] [--library faiss|faiss-sq8|hnswlib]
 *
 * Each graph is compared twice: with distances summed in the library's order, which must give all lists; and with our own kernels,
 * whose last bits differ, so that near ties may fall the other way.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LayeredGraph } from '../../src/graph/adjacency.ts';
import { buildHnsw } from '../../src/graph/hnsw/build.ts';
import type { HnswProfileName } from '../../src/graph/hnsw/profile.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { scalarCodeSet } from '../../src/quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer } from '../../src/quantize/scalar/scalar-quantizer.ts';
import type { DistanceSource } from '../../src/tensor/vectors/distance-source.ts';
import { VectorSet } from '../../src/tensor/vectors/vector-set.ts';
import { benchArguments } from '../arguments.ts';
import { LibrarySum } from './library-sum.ts';

type Library = 'faiss' | 'faiss-sq8' | 'hnswlib';
const LIBRARIES: readonly Library[] = ['faiss', 'faiss-sq8', 'hnswlib'];
const PYTHON = '/usr/bin/python3';

const { values, operands } = benchArguments(['BASE.fvecs'], {
  limit: '5000',
  M: '16',
  'ef-construction': '100',
  library: '',
});

/** Our graph in the form that library-graph.py writes. */
function flatten(graph: LayeredGraph, M: number): number[] {
  const flat = [graph.size, M, graph.entry, graph.maxLevel];
  for (let node = 0; node < graph.size; node++) {
    flat.push(graph.levels[node]!);
    for (let level = 0; level <= graph.levels[node]!; level++) {
      const neighbors = graph.neighbors(node, level);
      flat.push(neighbors.length, ...neighbors);
    }
  }
  return flat;
}

/** The lists of a flat graph, each as text, after the four numbers of its head and the levels. */
function lists(flat: ArrayLike<number>): { head: string; lists: string[] } {
  const found: string[] = [];
  const head = Array.from({ length: 4 }, (_, i) => flat[i]);
  let at = 4;
  for (let node = 0; node < flat[0]!; node++) {
    const level = flat[at++]!;
    head.push(level);
    for (let l = 0; l <= level; l++) {
      const degree = flat[at++]!;
      found.push(Array.from({ length: degree }, (_, i) => flat[at + i]).join(','));
      at += degree;
    }
  }
  return { head: head.join(','), lists: found };
}

function libraryGraph(library: Library, base: string, limit: number, M: number, ef: number) {
  const folder = mkdtempSync(join(tmpdir(), 'library-graph-'));
  const out = join(folder, 'graph.i32');
  const script = fileURLToPath(new URL('library-graph.py', import.meta.url));
  const run = spawnSync(PYTHON, [script, library, base, `${limit}`, `${M}`, `${ef}`, out], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`library-graph.py: ${run.stderr || run.error}`);
  const bytes = readFileSync(out);
  rmSync(folder, { recursive: true });
  return { flat: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), seconds: Number(run.stdout) };
}

async function timed(source: DistanceSource, profile: HnswProfileName, M: number, efConstruction: number) {
  const begin = process.cpuUsage();
  const { graph } = await buildHnsw(source, { M, efConstruction, profile });
  const { user, system } = process.cpuUsage(begin);
  return { ...lists(flatten(graph, M)), seconds: (user + system) / 1e6 };
}

function vectors(profile: 'faiss' | 'hnswlib'): Record<string, DistanceSource> {
  return { 'library sum': new LibrarySum(matrix, profile), 'our kernels': new VectorSet(matrix) };
}

function codes(): Record<string, DistanceSource> {
  const quantizer = ScalarQuantizer.train(matrix);
  const all = quantizer.encode(matrix);
  return {
    'library sum': new LibrarySum(matrix, 'faiss', 256, quantizer.decode(all)),
    'our kernels': scalarCodeSet(quantizer, all, { originals: matrix }),
  };
}

const [base] = operands;
const [limit, M, ef] = [Number(values.limit), Number(values.M), Number(values['ef-construction'])];
const matrix = await readVectors(base, { limit });
console.log(`${base}: ${matrix.rows} x ${matrix.cols}, M = ${M}, efConstruction = ${ef}`);
console.log(`${cpus()[0]?.model}, Node ${process.version}; seconds of processor time, one thread`);
let failed = false;
for (const library of values.library ? [values.library as Library] : LIBRARIES) {
  const theirs = libraryGraph(library, base, matrix.rows, M, ef);
  const expected = lists(theirs.flat);
  console.log(`${library}: ${expected.lists.length} lists, built in ${theirs.seconds.toFixed(1)} s`);
  const profile = library === 'hnswlib' ? 'hnswlib' : 'faiss';
  for (const [name, source] of Object.entries(library === 'faiss-sq8' ? codes() : vectors(profile))) {
    const ours = await timed(source, profile, M, ef);
    const same = ours.lists.filter((list, i) => list === expected.lists[i]).length;
    const heads = ours.head === expected.head ? 'same levels and entry' : 'OTHER LEVELS OR ENTRY';
    const share = `${same} of ${expected.lists.length} lists equal`;
    console.log(`  ${name}: ${share}, ${heads}, built in ${ours.seconds.toFixed(1)} s`);
    if (name === 'library sum' && (same < expected.lists.length || ours.head !== expected.head)) failed = true;
  }
}
console.log(failed ? 'DIFFERENT' : 'EQUAL');
process.exitCode = failed ? 1 : 0;
