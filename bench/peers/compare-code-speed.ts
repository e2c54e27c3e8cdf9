/**
 * Exact search and search over codes against faiss as Debian ships it, one thread each: the same data, the same codebooks, lists and
 * codes (ours are given those that faiss trained), turns taken one after the other, seconds of processor time, recall beside speed.
 *
 *   node --import tsx bench/peers/compare-code-speed.ts [SET ...] [--limit 50000] [--queries 1000] [--rounds 5] [--only NAME]
 *
 * SET is a folder with base and query vectors; without one, ../shared/data/deep-like and gist-like. Needs apt-get install
 * python3-faiss.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { recallAt } from '../../src/eval/recall.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { findDataset } from '../../src/io/dataset.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { createMatrix, firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import type { NamedArray } from '../../src/tensor/named-arrays.ts';
import { benchArguments } from '../arguments.ts';

const PYTHON = '/usr/bin/python3';
const K = 100;

interface Case {
  readonly name: string;
  /** What faiss builds. */
  readonly build: { kind: 'flat' | 'sq8' | 'pq' | 'ivfpq'; m?: number; nlist?: number; type?: string };
  readonly nprobe?: number;
  /** All queries in one call, or one call a query. */
  readonly batch: boolean;
  /** A part of the queries, 1 if not given. */
  readonly share?: number;
  /** What our queries a second, divided by theirs, are to be at least; 0 for none. */
  readonly goal: number;
}

const FLAT = { kind: 'flat' } as const;
const SQ8 = { kind: 'sq8', type: 'QT_8bit' } as const;
const CASES: readonly Case[] = [
  { name: 'exact, batch', build: FLAT, batch: true, goal: 0.35 },
  { name: 'exact, single', build: FLAT, batch: false, share: 0.1, goal: 1.5 },
  { name: 'SQ8, batch', build: SQ8, batch: true, share: 0.2, goal: 0.9 },
  { name: 'SQ8, single', build: SQ8, batch: false, share: 0.1, goal: 0.9 },
  ...[16, 32].flatMap((m): Case[] => {
    const pq = { kind: 'pq', m } as const;
    const few = { kind: 'ivfpq', m, nlist: 8 } as const;
    const many = { kind: 'ivfpq', m, nlist: 256 } as const;
    return [
      { name: `PQ ${m}, batch`, build: pq, batch: true, goal: 0.85 },
      { name: `PQ ${m}, single`, build: pq, batch: false, share: 0.2, goal: 0 },
      { name: `IVFADC ${m}, 8 of 8, batch`, build: few, nprobe: 8, batch: true, goal: 0.85 },
      { name: `IVFADC ${m}, 16 of 256, batch`, build: many, nprobe: 16, batch: true, goal: 0.85 },
      { name: `IVFADC ${m}, 16 of 256, single`, build: many, nprobe: 16, batch: false, share: 0.2, goal: 0 },
    ];
  }),
];

/** faiss in a process of its own, which answers line by line. */
class Library {
  readonly folder = mkdtempSync(join(tmpdir(), 'library-code-speed-'));
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #present: Case['build'] | undefined;

  constructor(basePath: string, queryPath: string, rows: number, queries: number) {
    const script = fileURLToPath(new URL('library-code-speed.py', import.meta.url));
    const sizes = [rows, queries].map(String);
    this.#process = spawn(PYTHON, [script, basePath, queryPath, ...sizes, this.folder]);
    this.#process.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async answer(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('library-code-speed.py: expected an answer, got its end.');
    return JSON.parse(value) as Record<string, unknown>;
  }

  ask(command: object): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    return this.answer();
  }

  /** Builds an index, unless it is the present one. */
  async build(wanted: Case['build']): Promise<void> {
    if (this.#present === wanted) return;
    await this.ask({ do: 'build', ...wanted });
    this.#present = wanted;
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.folder, name)));
  }

  floats(name: string): Float32Array {
    return new Float32Array(this.bytes(name).buffer);
  }

  ints(name: string): Int32Array {
    return new Int32Array(this.bytes(name).buffer);
  }

  end(): void {
    this.#process.stdin.end();
    rmSync(this.folder, { recursive: true });
  }
}

interface Searched {
  search(queries: Matrix, k: number): Promise<Pick<SearchResult, 'ids'>>;
}

/** Our index with the parts of theirs. */
function withTheirParts(theirs: Library, base: Matrix, { build, nprobe = 1 }: Case): Searched {
  const { rows, cols: dim } = base;
  const { kind, m = 1, nlist = 1 } = build;
  if (kind === 'flat') return new FlatIndex(base);
  if (kind === 'sq8') {
    const trained = theirs.floats('trained.f32');
    const arrays = new Map<string, NamedArray>([
      ['minima', { shape: [dim], data: trained.subarray(0, dim) }],
      ['spans', { shape: [dim], data: trained.subarray(dim) }],
      ['codes', { shape: [rows, dim], data: theirs.bytes('codes.u8') }],
    ]);
    return Sq8Index.fromArchive({ kind: 'sq8', parameters: { rows, dim, range: 'dimension' }, arrays });
  }
  const product = new Map<string, NamedArray>([
    ['codebooks', { shape: [m, 256, dim / m], data: theirs.floats('codebooks.f32') }],
    ['codes', { shape: [rows, m], data: theirs.bytes('codes.u8') }],
  ]);
  if (kind === 'pq') return PqIndex.fromArchive({ kind, parameters: { rows, dim, m, bits: 8 }, arrays: product });
  const starts = new Int32Array(nlist + 1);
  theirs.ints('sizes.i32').forEach((size, list) => {
    starts[list + 1] = starts[list]! + size;
  });
  const arrays = new Map<string, NamedArray>([
    ...product,
    ['centroids', { shape: [nlist, dim], data: theirs.floats('centroids.f32') }],
    ['starts', { shape: [nlist + 1], data: starts }],
    ['ids', { shape: [rows], data: theirs.ints('ids.i32') }],
  ]);
  const index = IvfAdcIndex.fromArchive({ kind, parameters: { rows, dim, nlist, m, bits: 8 }, arrays });
  return { search: (queries, k) => index.search(queries, k, { nprobe }) };
}

async function searchOurs(
  index: Searched,
  queries: Matrix,
  batch: boolean,
): Promise<{ ids: Int32Array; seconds: number }> {
  const begin = process.cpuUsage();
  const ids = new Int32Array(queries.rows * K);
  if (batch) ids.set((await index.search(queries, K)).ids.data);
  else {
    for (let row = 0; row < queries.rows; row++) {
      const one = queries.data.subarray(row * queries.cols, (row + 1) * queries.cols);
      ids.set((await index.search(createMatrix(1, queries.cols, one), K)).ids.data, row * K);
    }
  }
  const { user, system } = process.cpuUsage(begin);
  return { ids, seconds: (user + system) / 1e6 };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function compare(theirs: Library, base: Matrix, query: Matrix, truth: Int32Array, one: Case): Promise<string[]> {
  await theirs.build(one.build);
  const index = withTheirParts(theirs, base, one);
  const asked = firstRows(query, Math.max(1, Math.round(query.rows * (one.share ?? 1))));
  const command = { do: 'search', k: K, queries: asked.rows, batch: one.batch, nprobe: one.nprobe };
  const times: { ours: number; theirs: number }[] = [];
  let found: Int32Array = new Int32Array(0);
  for (let round = -1; round < rounds; round++) {
    const mine = await searchOurs(index, asked, one.batch);
    const { seconds } = await theirs.ask(command);
    found = mine.ids;
    if (round >= 0) times.push({ ours: mine.seconds, theirs: Number(seconds) });
  }
  const recall = (data: Int32Array) => {
    const known = { rows: asked.rows, cols: 1, data: truth.subarray(0, asked.rows) };
    return (100 * recallAt({ rows: asked.rows, cols: K, data }, known, 10)).toFixed(2);
  };
  const perSecond = (seconds: number[]) => (asked.rows / median(seconds)).toFixed(1);
  const ratio = median(times.map((time) => time.theirs / time.ours));
  if (ratio < one.goal) failed = true;
  return [
    one.name,
    perSecond(times.map((time) => time.ours)),
    perSecond(times.map((time) => time.theirs)),
    `${ratio.toFixed(2)}x`,
    one.goal === 0 ? '' : `${one.goal}x${ratio < one.goal ? ' missed' : ''}`,
    recall(found),
    recall(theirs.ints('found.i32')),
  ];
}

async function compareSet(folder: string): Promise<void> {
  const dataset = await findDataset(folder);
  const base = await readVectors(dataset.base, { limit: Number(values.limit) });
  const query = await readVectors(dataset.query, { limit: Number(values.queries) });
  const theirs = new Library(dataset.base, dataset.query, base.rows, query.rows);
  const { version, options } = await theirs.answer();
  console.log(`\n${folder}: ${base.rows} x ${base.cols}, ${query.rows} queries, k ${K}; faiss ${version}, ${options}`);
  const truth = (await new FlatIndex(base).search(query, 1)).ids.data;
  const header = ['', 'ours q/s', 'faiss q/s', 'ratio', 'goal', 'ours 1@10', 'faiss 1@10'];
  const print = (cells: string[]) =>
    console.log(cells.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(30))).join(''));
  print(header);
  for (const one of CASES) {
    if (values.only && !one.name.includes(values.only)) continue;
    print(await compare(theirs, base, query, truth, one));
  }
  theirs.end();
}

const { values, all } = benchArguments(['[FOLDER …]'], { limit: '50000', queries: '1000', rounds: '5', only: '' });
const rounds = Number(values.rounds);
let failed = false;
const shared = ['deep-like', 'gist-like'].map((set) =>
  fileURLToPath(new URL(`../../../shared/data/${set}`, import.meta.url)),
);
const folders = all.length > 0 ? all : shared.filter((folder) => existsSync(folder));
if (spawnSync(PYTHON, ['-c', 'import faiss']).status !== 0) {
  console.log(`skip: ${PYTHON} has no faiss (apt-get install python3-faiss)`);
} else {
  console.log(
    `${cpus()[0]?.model.trim()}, Node ${process.version}, one thread each, processor time, medians of ${rounds}`,
  );
  if (folders.length === 0) console.log('skip: ../shared/data is absent; name a folder');
  for (const folder of folders) await compareSet(folder);
  process.exitCode = failed ? 1 : 0;
}
