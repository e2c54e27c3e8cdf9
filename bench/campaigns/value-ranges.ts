/** Numbers of every size, in the base, in a column, in one place, in queries: the answer is right, or an error says why there is none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METHOD_NAMES } from '../../src/compress/methods.ts';
import { loadIndex, nearest } from '../../src/index.ts';
import { readArchive } from '../../src/io/container/archive-file.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { cnt } from '../../test/cli/command-line.ts';
import { BUILDERS } from './sound-files.ts';
import { judged, right, type Try, type Verdict, verdictOfLine } from './tally.ts';

const [ROWS, DIM, QUERIES, K] = [400, 16, 12, 5];
const SCALES = [
  1e-42, 1e-30, 1e-25, 1e-19, 1e-14, 1e-12, 1e-9, 1e-4, 1, 1e4, 1e9, 1e12, 1e14, 1e17, 1e19, 1e20, 1e25, 3e37,
];
const SINGLES = [1e-42, 1e4, 1e9, 1e14, 1e20, 3e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Graphs are told how wide to search; what takes no such option refuses it. */
const optionsFor = (kind: string) => (/hnsw|nsg|lc/.test(kind) ? { ef: 60 } : {});

function map({ rows, cols, data }: Matrix, change: (value: number, row: number, col: number) => number): Matrix {
  return { rows, cols, data: Float32Array.from(data, (value, i) => change(value, Math.floor(i / cols), i % cols)) };
}

/** The share of the found rows that are as near as the true ones, in float64; infinite or NaN distances are a fault of their own. */
function quality(base: Matrix, queries: Matrix, found: ReturnType<typeof nearest>): number | string {
  let hits = 0;
  for (let q = 0; q < queries.rows; q++) {
    const distances = Array.from({ length: base.rows }, (_, row) => {
      let sum = 0;
      for (let c = 0; c < base.cols; c++)
        sum += (queries.data[q * base.cols + c]! - base.data[row * base.cols + c]!) ** 2;
      return sum;
    });
    const farthest = distances.toSorted((a, b) => a - b)[K - 1]!;
    for (let i = 0; i < K; i++) {
      const [id, distance] = [found.ids.data[q * K + i]!, found.distances.data[q * K + i]!];
      if (id >= 0 && !Number.isFinite(distance)) return `distance ${distance} beside row ${id}`;
      if (id >= 0 && distances[id]! <= farthest * (1 + 1e-5)) hits++;
    }
  }
  return hits / (queries.rows * K);
}

/** @param least share of true neighbors */
function judgedBy(least: number, base: Matrix, queries: Matrix) {
  return (found: unknown): Verdict => {
    const share = quality(base, queries, found as ReturnType<typeof nearest>);
    if (typeof share === 'string') return { ending: 'silent', detail: share };
    return share >= least ? right : { ending: 'silent', detail: `${(100 * share).toFixed(0)} % of the true neighbors` };
  };
}

interface Changed {
  readonly what: string;
  readonly base: Matrix;
  readonly queries: Matrix;
  /** The scale of all numbers changed, not that of some beside others. */
  readonly alike: boolean;
}

function changes(seed: string): Changed[] {
  const random = new Random(seed, 'ranges');
  const draw = (rows: number): Matrix => ({
    rows,
    cols: DIM,
    data: Float32Array.from({ length: rows * DIM }, () => random.normal()),
  });
  const [base, queries] = [draw(ROWS), draw(QUERIES)];
  const [row, col] = [random.below(ROWS), random.below(DIM)];
  const all = SCALES.map((scale) => {
    const scaled = (value: number) => value * scale;
    return { what: `all numbers times ${scale}`, base: map(base, scaled), queries: map(queries, scaled), alike: true };
  });
  const some = SINGLES.flatMap((value) => [
    {
      what: `base: ${value} in row ${row}, column ${col}`,
      base: map(base, (own, r, c) => (r === row && c === col ? value : own)),
      queries,
    },
    { what: `base: column ${col} is ${value}`, base: map(base, (own, _, c) => (c === col ? value : own)), queries },
    {
      what: `queries: ${value} in row 3, column ${col}`,
      base,
      queries: map(queries, (own, r, c) => (r === 3 && c === col ? value : own)),
    },
  ]);
  const far = {
    what: 'all numbers 1e6 away from 0',
    base: map(base, (own) => own + 1e6),
    queries: map(queries, (own) => own + 1e6),
  };
  return [...all, ...[...some, far].map((one) => ({ ...one, alike: false }))];
}

export async function* valueRanges(seed: string, _count: number): AsyncGenerator<Try> {
  const folder = mkdtempSync(join(tmpdir(), 'cnt-faults-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const tried = changes(seed);
  const plain = tried.find(({ what }) => what === 'all numbers times 1')!;
  const shares = new Map<string, number>();
  for (const [name, build] of Object.entries(BUILDERS)) {
    const found = await (await build(plain.base)).search(plain.queries, K, optionsFor(name));
    shares.set(name, quality(plain.base, plain.queries, found) as number);
  }
  for (const { what, base, queries, alike } of tried) {
    yield {
      kind: 'range, exact search',
      what,
      run: () => judged(() => nearest(base, queries, K), judgedBy(1, base, queries)),
    };
    for (const [name, build] of Object.entries(BUILDERS)) {
      // Codes of numbers beside which all others are nothing say nothing of these: the command line has to say so.
      const coded = /pq|sq8|lc|codes/.test(name);
      if (coded && !alike) continue;
      const least = name === 'flat' ? 1 : shares.get(name)! - 0.1;
      yield {
        kind: 'range, indexes',
        what: `${name}: ${what}`,
        run: () =>
          judged(async () => (await build(base)).search(queries, K, optionsFor(name)), judgedBy(least, base, queries)),
      };
    }
    if (what.startsWith('queries')) continue;
    for (const method of METHOD_NAMES) {
      yield { kind: 'range, models', what: `${method}: ${what}`, run: () => compressed(folder, method, base) };
    }
    if (!alike) {
      for (const kind of ['sq8', 'hnsw-sq8', 'pq']) {
        yield { kind: 'range, codes', what: `${kind}: ${what}`, run: () => searched(folder, kind, base, queries) };
      }
    }
  }
}

/** Any numbers, also those that our writer refuses. */
function fvecs({ rows, cols, data }: Matrix): Uint8Array {
  const parts = Array.from({ length: rows }, (_, row) => [
    new Uint8Array(Int32Array.of(cols).buffer),
    new Uint8Array(data.slice(row * cols, (row + 1) * cols).buffer),
  ]);
  return Buffer.concat(parts.flat());
}

/** Trains and compresses: finite codes, of which most are of their own where the rows are, or a word on stderr. */
async function compressed(folder: string, method: string, base: Matrix): Promise<Verdict> {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('base.fvecs'), fvecs(base));
  const lengths = ['cnt', 'linear', 'vae', 'catalyst'].includes(method) ? ['--samples', '320', '--batch', '32'] : [];
  const quiet = { clockStep: 0 };
  const trained = await cnt(
    ['train', '--base', at('base.fvecs'), '--method', method, '--out', at('model'), ...lengths],
    quiet,
  );
  if (trained.status !== 0) return verdictOfLine(trained.err.trimEnd().split('\n').at(-1)!);
  const packed = await cnt(
    ['compress', '--model', at('model'), '--in', at('base.fvecs'), '--out', at('codes.fvecs')],
    quiet,
  );
  if (packed.status !== 0) return verdictOfLine(packed.err.trimEnd().split('\n').at(-1)!);
  const codes = await readVectors(at('codes.fvecs'));
  const distinct = new Set(
    Array.from({ length: codes.rows }, (_, row) =>
      codes.data.subarray(row * codes.cols, (row + 1) * codes.cols).join(),
    ),
  );
  if (distinct.size > base.rows / 2 || trained.err !== '') return right;
  return { ending: 'silent', detail: `${distinct.size} codes of ${base.rows} rows, without a word` };
}

/** Builds and searches: most of the true neighbors, or a word on stderr. */
async function searched(folder: string, kind: string, base: Matrix, queries: Matrix): Promise<Verdict> {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('base.fvecs'), fvecs(base));
  const options = kind === 'pq' ? ['--bytes', '8'] : [];
  const built = await cnt(['build', '--base', at('base.fvecs'), '--index', kind, '--out', at('index'), ...options], {
    clockStep: 0,
  });
  if (built.status !== 0) return verdictOfLine(built.err.trimEnd().split('\n').at(-1)!);
  if (built.err !== '') return right;
  return judged(
    async () => loadIndex(await readArchive(at('index'))).search(queries, K, optionsFor(kind)),
    judgedBy(0.3, base, queries),
  );
}
