/**
 * How time and memory grow with the base: HNSW building and searching, training and encoding of CNT on generated data, n doubling.
 *
 *     node --import tsx bench/pipeline/scale.ts [--from 10000] [--to 320000] [--dim 128] [--only build,train] [--out DIR]
 *         [--M 16] [--ef-construction 200] [--profile canonical] [--threads 1] [--queries 1000] [--ef 100] [--samples 25600]
 *
 * Each size and each part runs in a process of its own, whose largest memory the operating system counts. Seconds are of the processor
 * with one thread, of the clock with more. Exponents are least squares on logarithms: 1 is linear growth; bytes a vector are the slope
 * of memory against n. Training counts all that it does, also what it measures on every row once. With --out the tables and two
 * charts are written there, too.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import { manifoldRows } from '../../src/data/manifold.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import type { HnswProfileName } from '../../src/graph/hnsw/profile.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { loadVectors, readVectors, writeVectorBlocks, writeVectors } from '../../src/io/vectors.ts';
import { lineChart } from '../../src/report/line-chart.ts';
import { markdownTable, textTable } from '../../src/report/table.ts';
import { firstRows } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { benchArguments } from '../arguments.ts';

const { values } = benchArguments([], {
  from: '10000',
  to: '320000',
  dim: '128',
  only: 'build,train',
  M: '16',
  'ef-construction': '200',
  profile: 'canonical',
  threads: '1',
  queries: '1000',
  ef: '100',
  samples: '25600',
  out: '',
  part: '',
  folder: '',
  n: '',
});
const threads = Number(values.threads);
const queries = Number(values.queries);
const K = 10;
/** Queries whose true neighbors are computed. */
const JUDGED = 200;
/** Before anything is timed, the engine compiles the loops on so many rows. */
const WARM_UP_ROWS = 2000;
const ROWS_AT_ONCE = 1000;

/** Figures of one size, by name; the names that end in `s` are seconds. */
type Figures = Readonly<Record<string, number>>;

function machine(): string {
  const clock = threads === 1 ? 'processor time' : 'time by the clock';
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${clock}`;
}

function seconds(): number {
  const { user, system } = process.cpuUsage();
  return threads === 1 ? (user + system) / 1e6 : performance.now() / 1000;
}

function peakBytes(): number {
  return 1024 * process.resourceUsage().maxRSS;
}

async function timed<T>(run: () => T | Promise<T>): Promise<[T, number]> {
  const begin = seconds();
  const result = await run();
  return [result, seconds() - begin];
}

async function measureBuild(folder: string, n: number): Promise<Figures> {
  const options = {
    M: Number(values.M),
    efConstruction: Number(values['ef-construction']),
    profile: values.profile as HnswProfileName,
    threads,
  };
  const path = join(folder, 'base.fvecs');
  await GraphIndex.build({ ...options, base: await loadVectors(path, { limit: Math.min(n, WARM_UP_ROWS) }) });
  const base = await loadVectors(path, { limit: n, attachable: threads });
  const [index, buildSeconds] = await timed(() => GraphIndex.build({ ...options, base }));
  const buildPeak = peakBytes();
  const query = await readVectors(join(folder, 'query.fvecs'));
  const search = { ef: Number(values.ef) };
  await index.search(query, K, search);
  const [found, searchSeconds] = await timed(() => index.search(query, K, search));
  const judged = { rows: Math.min(JUDGED, queries), cols: query.cols, data: query.data };
  const few = { ...found.ids, rows: judged.rows, data: found.ids.data.subarray(0, judged.rows * K) };
  const recall = intersectionAt(few, nearest(base, judged, K).ids, K);
  return {
    n,
    buildSeconds,
    buildPeak,
    distancesAPoint: index.buildCounts!.distances / n,
    searchSeconds: searchSeconds / queries,
    distancesAQuery: found.counts.distances / queries,
    recall,
  };
}

async function measureTraining(folder: string, n: number): Promise<Figures> {
  const base = await readVectors(join(folder, 'base.fvecs'), { limit: n });
  const samples = Number(values.samples);
  const [compressor, trainSeconds] = await timed(() => trainCnt(base, { factor: 4, samples, evaluations: 1 }));
  const trainPeak = peakBytes();
  compressor.encode(firstRows(base, WARM_UP_ROWS));
  const [, encodeSeconds] = await timed(() => compressor.encode(base));
  return { n, trainSeconds: trainSeconds / samples, trainPeak, encodeSeconds };
}

const PARTS = { build: measureBuild, train: measureTraining };
type PartName = keyof typeof PARTS;

function runPart(part: PartName, folder: string, n: number): Figures {
  const given = process.argv.slice(2);
  const more = ['--part', part, '--folder', folder, '--n', String(n)];
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...given, ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${part} of ${n} rows ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Figures;
}

async function drawData(folder: string, rows: number): Promise<void> {
  const manifold = manifoldRows(Number(values.dim), 1);
  const blocks = function* (): Generator<Float32Array> {
    for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
      yield manifold.base(first, Math.min(ROWS_AT_ONCE, rows - first)).data;
    }
  };
  await writeVectorBlocks(join(folder, 'base.fvecs'), { rows, cols: Number(values.dim) }, blocks());
  await writeVectors(join(folder, 'query.fvecs'), manifold.query(0, queries));
}

/** The slope of a straight line through points, by least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

const figuresOf = (rows: readonly Figures[], name: string) => rows.map((row) => [row['n']!, row[name]!] as const);
const exponent = (rows: readonly Figures[], name: string): string =>
  slope(figuresOf(rows, name).map(([n, value]) => [Math.log(n), Math.log(value)])).toFixed(2);
const bytesAVector = (rows: readonly Figures[], name: string): string => slope(figuresOf(rows, name)).toFixed(0);
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function buildTable(rows: readonly Figures[]): string[][] {
  const head = [
    'n',
    'build s',
    'us a point',
    'distances a point',
    'ms a query',
    'distances a query',
    'recall@10 %',
    'peak MiB',
  ];
  const lines = rows.map((row) => [
    String(row['n']),
    row['buildSeconds']!.toFixed(2),
    ((1e6 * row['buildSeconds']!) / row['n']!).toFixed(0),
    row['distancesAPoint']!.toFixed(0),
    (1000 * row['searchSeconds']!).toFixed(3),
    row['distancesAQuery']!.toFixed(0),
    (100 * row['recall']!).toFixed(2),
    mib(row['buildPeak']!),
  ]);
  const growth = ['buildSeconds', '', 'distancesAPoint', 'searchSeconds', 'distancesAQuery', '', 'buildPeak'];
  return [head, ...lines, ['exponent', ...growth.map((name) => (name === '' ? '' : exponent(rows, name)))]];
}

function trainTable(rows: readonly Figures[]): string[][] {
  const head = ['n', 'training us a sample', 'peak MiB', 'encoding s', 'us a row'];
  const lines = rows.map((row) => [
    String(row['n']),
    (1e6 * row['trainSeconds']!).toFixed(1),
    mib(row['trainPeak']!),
    row['encodeSeconds']!.toFixed(2),
    ((1e6 * row['encodeSeconds']!) / row['n']!).toFixed(1),
  ]);
  const growth = ['trainSeconds', 'trainPeak', 'encodeSeconds', ''];
  return [head, ...lines, ['exponent', ...growth.map((name) => (name === '' ? '' : exponent(rows, name)))]];
}

function charts(build: readonly Figures[], train: readonly Figures[]): { time: string; memory: string } {
  const curve = (name: string, rows: readonly Figures[], figure: string, factor: number) => ({
    name: rows.length > 1 ? `${name}: n^${exponent(rows, figure)}` : name,
    points: figuresOf(rows, figure).map(([n, value]) => [n, factor * value] as const),
  });
  const drawn = (curves: ReturnType<typeof curve>[]) => curves.filter(({ points }) => points.length > 0);
  const axes = { x: 'log', y: 'log' } as const;
  const x = `vectors of ${values.dim} dimensions (logarithmic)`;
  return {
    time: lineChart(
      drawn([
        curve('HNSW: building', build, 'buildSeconds', 1),
        curve('HNSW: 1000 searches', build, 'searchSeconds', 1000),
        curve('CNT: 10,000 samples', train, 'trainSeconds', 10_000),
        curve('CNT: encoding all', train, 'encodeSeconds', 1),
      ]),
      { title: 'Time against the size of the base', x, y: 'seconds (logarithmic)' },
      axes,
    ),
    memory: lineChart(
      drawn([
        curve('HNSW: building', build, 'buildPeak', 2 ** -20),
        curve('CNT: training', train, 'trainPeak', 2 ** -20),
      ]),
      { title: 'Memory against the size of the base', x, y: 'peak, MiB (logarithmic)' },
      axes,
    ),
  };
}

async function main(): Promise<void> {
  const parts = values.only.split(',') as PartName[];
  const folder = mkdtempSync(join(tmpdir(), 'cnt-scale-'));
  const found: Record<PartName, Figures[]> = { build: [], train: [] };
  const setting = `M = ${values.M}, efConstruction = ${values['ef-construction']}, ${values.profile}, ${threads} threads; search ef = ${values.ef}`;
  console.log(`${machine()}\n${values.dim} dimensions; ${setting}; ${values.samples} training samples`);
  try {
    const to = Number(values.to);
    await drawData(folder, to);
    for (let n = Number(values.from); n <= to; n *= 2) {
      for (const part of parts) {
        found[part].push(runPart(part, folder, n));
        console.error(JSON.stringify(found[part].at(-1)));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const tables = [
    ...(found.build.length > 0 ? [buildTable(found.build)] : []),
    ...(found.train.length > 0 ? [trainTable(found.train)] : []),
  ];
  for (const table of tables) console.log(`\n${textTable(table)}`);
  const slopes = [
    ...(found.build.length > 1 ? [`HNSW building: ${bytesAVector(found.build, 'buildPeak')} bytes a vector`] : []),
    ...(found.train.length > 1 ? [`CNT training: ${bytesAVector(found.train, 'trainPeak')} bytes a vector`] : []),
  ];
  console.log(`\n${slopes.join('\n')}`);
  if (values.out === '') return;
  const { time, memory } = charts(found.build, found.train);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'scale-time.svg'), time);
  writeFileSync(join(values.out, 'scale-memory.svg'), memory);
  const head = `${machine()}; ${setting}.`;
  writeFileSync(join(values.out, 'scale.md'), `${[head, ...tables.map(markdownTable), ...slopes].join('\n\n')}\n`);
}

if (values.part) {
  const figures = await PARTS[values.part as PartName](values.folder, Number(values.n));
  console.log(JSON.stringify(figures));
} else await main();
