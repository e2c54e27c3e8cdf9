/**
 * HNSW in batches by several threads beside one insertion after the other: wall-clock and processor time of building, whether all
 * numbers of threads give one digest, recall of the 10 nearest at equal ef, and what can be reached; then searching all queries by
 * several threads. With --nsg the same for the building of an NSG, NN-descent included.
 *
 *   node --import tsx bench/pipeline/hnsw-threads.ts [FOLDER] [--limit N] [--rows 50000 --dim 256] [--M 16] [--ef-construction 200]
 *        [--threads 1,2,4,8] [--repeat 3] [--ef 10,20,40,80] [--nsg]
 *
 * Without FOLDER the vectors are generated. Builds are interleaved, the median of --repeat counts. Wall-clock time says something
 * only where as many processors are free as there are threads.
 */
import { availableParallelism, cpus } from 'node:os';
import { generateManifold } from '../../src/data/manifold.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { digestArrays, digestIds } from '../../src/io/digest.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { benchArguments } from '../arguments.ts';
import { loadDataset } from './loaded-dataset.ts';

const { values, operands } = benchArguments(['[FOLDER]'], {
  limit: '',
  rows: '50000',
  dim: '256',
  M: '16',
  'ef-construction': '200',
  threads: '1,2,4,8',
  repeat: '3',
  ef: '10,20,40,80',
  nsg: false,
});
const M = Number(values.M);
const efConstruction = Number(values['ef-construction']);
const repeat = Number(values.repeat);
const efs = values.ef.split(',').map(Number);
const threadCounts = values.threads.split(',').map(Number);

interface Timed<T> {
  readonly value: T;
  readonly wall: number;
  /** Processor time of all threads. */
  readonly cpu: number;
}

async function timed<T>(run: () => Promise<T>): Promise<Timed<T>> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const value = await run();
  const wall = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { value, wall, cpu: (user + system) / 1e6 };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

/** Runs all in turn, --repeat times; the first result of each, and the median times. */
async function interleaved<T>(runs: readonly (() => Promise<T>)[]): Promise<readonly Timed<T>[]> {
  const rounds: Timed<T>[][] = [];
  for (let round = 0; round < repeat; round++) {
    const row: Timed<T>[] = [];
    for (const run of runs) row.push(await timed(run));
    rounds.push(row);
  }
  return runs.map((_, i) => ({
    value: rounds[0]![i]!.value,
    wall: median(rounds.map((row) => row[i]!.wall)),
    cpu: median(rounds.map((row) => row[i]!.cpu)),
  }));
}

async function readData(): Promise<{ name: string; base: Matrix; queries: Matrix }> {
  const [folder] = operands;
  if (folder) return loadDataset(folder, values.limit);
  const [rows, dim] = [Number(values.rows), Number(values.dim)];
  const { base, query } = generateManifold({ rows, queries: 1000, dim, seed: 1 });
  return { name: 'generated', base, queries: query };
}

const { name, base, queries } = await readData();
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} processors, Node ${process.version}\n` +
    `${name}: ${base.rows} x ${base.cols}, ${queries.rows} queries; M = ${M}, efConstruction = ${efConstruction}`,
);
const truth = (await new FlatIndex(base).search(queries, 10)).ids;

async function recalls(index: GraphIndex): Promise<string> {
  let text = '';
  for (const ef of efs) {
    const { ids } = await index.search(queries, 10, { ef });
    text += (100 * intersectionAt(ids, truth, 10)).toFixed(2).padStart(7);
  }
  return text;
}

function line(label: string, { wall, cpu }: Timed<unknown>, first: Timed<unknown>, rest: string): void {
  const cells = [wall.toFixed(2), cpu.toFixed(2), (first.wall / wall).toFixed(2), (cpu / first.cpu).toFixed(2)];
  console.log(label.padEnd(22) + cells.map((cell) => cell.padStart(9)).join('') + rest);
}

const head = (label: string, rest: string): void =>
  console.log(
    `\n${label.padEnd(22)}${['wall s', 'cpu s', 'speed-up', 'cpu'].map((cell) => cell.padStart(9)).join('')}${rest}`,
  );

/** A build of the same index by each number of threads. */
function reportBuilds(label: string, builds: readonly Timed<GraphIndex | NsgIndex>[]): void {
  for (const [i, built] of builds.entries()) {
    const digest = digestArrays(built.value.toArchive()).slice(0, 12);
    line(`${label}, ${threadCounts[i]} threads`, built, builds[0]!, `  ${digest}`);
  }
}

const most = Math.max(...threadCounts);
const sequential = await timed(() => GraphIndex.build({ base, M, efConstruction }));
const batches = await interleaved(
  threadCounts.map((threads) => () => GraphIndex.build({ base, M, efConstruction, profile: 'batch', threads })),
);
head('building HNSW', '  digest');
line('one after the other', sequential, batches[0]!, `  ${digestArrays(sequential.value.toArchive()).slice(0, 12)}`);
reportBuilds('batch', batches);

console.log(`\n${'10@10 % at ef'.padEnd(22)}${efs.map((ef) => String(ef).padStart(7)).join('')}  reachable %`);
for (const [label, index] of [
  ['one after the other', sequential.value],
  ['batch', batches[0]!.value],
] as const) {
  console.log(`${label.padEnd(22)}${await recalls(index)}  ${(100 * index.statistics().reachableFraction).toFixed(3)}`);
}

const index = batches[threadCounts.indexOf(most)]!.value;
const many = { rows: 20 * queries.rows, cols: queries.cols, data: new Float32Array(20 * queries.data.length) };
for (let i = 0; i < 20; i++) many.data.set(queries.data, i * queries.data.length);
const searches = await interleaved(threadCounts.map((threads) => () => index.search(many, 10, { ef: 80, threads })));
head(`searching, ef 80`, '  queries/s  ids');
for (const [i, search] of searches.entries()) {
  const digest = digestIds(search.value.ids).slice(0, 12);
  const rate = (many.rows / search.wall).toFixed(0).padStart(11);
  line(`${threadCounts[i]} threads`, search, searches[0]!, `${rate}  ${digest}`);
}

if (values.nsg) {
  const neighborGraph = { method: 'nn-descent', K: 100, L: 150, iter: 8, S: 12, R: 100 } as const;
  const builds = await interleaved(
    threadCounts.map((threads) => () => NsgIndex.build({ base, R: 40, L: 60, C: 300, neighborGraph, threads })),
  );
  head('building NSG', '  digest');
  reportBuilds('NSG', builds);
}
