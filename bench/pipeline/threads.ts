/**
 * What several threads gain: seconds on the wall for exact search, k-means, product and scalar quantization, training steps and
 * compression, with each number of threads in turn, and whether the results have the same bits. Needs an idle machine with as many
 * cores.
 *
 *     node --import tsx bench/pipeline/threads.ts [--threads 1,2,4,8,16] [--rounds 5] [--only training] [--small]
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { createKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { awaitThreads } from '../../kernels/threads/pool.ts';
import { cntSettings } from '../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../src/compress/cnt/training/cnt-training.ts';
import { trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { kMeans } from '../../src/quantize/k-means/k-means.ts';
import { trainProduct } from '../../src/quantize/product/train-product.ts';
import { ScalarQuantizer } from '../../src/quantize/scalar/scalar-quantizer.ts';
import { bytesNeeded } from '../../src/tensor/bytes-needed.ts';
import { firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { benchArguments } from '../arguments.ts';

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** One pass with so many threads, and what it computed. What is prepared beforehand is not timed. */
interface Case {
  readonly name: string;
  prepare(threads: number): () => readonly Values[] | Promise<readonly Values[]>;
}

const { values: options } = benchArguments([], { threads: '1,2,4,8,16', rounds: '5', only: '', small: false });
const counts = options.threads.split(',').map(Number);
const rounds = Number(options.rounds);
const share = options.small ? 0.2 : 1;

function vectors(rows: number, dim: number): Matrix {
  return generateManifold({ rows: Math.round(rows * share), queries: 1, dim, seed: 1 }).base;
}

function exactSearch(dim: number, queries: number): Case {
  const base = vectors(50_000, dim);
  const asked = firstRows(base, Math.min(queries, base.rows));
  return {
    name: `exact search, ${queries} queries in ${base.rows} x ${dim}, k = 100`,
    prepare: (threads) => () => {
      const { ids, distances } = nearest(base, asked, 100, { threads });
      return [ids.data, distances.data];
    },
  };
}

function kMeansCase(k: number): Case {
  const points = vectors(50_000, 96);
  return {
    name: `k-means, ${points.rows} x 96, k = ${k}, 10 rounds`,
    prepare: (threads) => () => {
      const { centroids, objectives } = kMeans(points, { k, iterations: 10, profile: 'faiss', threads });
      return [centroids.data, objectives];
    },
  };
}

async function productCode(): Promise<Case> {
  const points = vectors(50_000, 256);
  const quantizer = await trainProduct(firstRows(points, 4096), { m: 32, iterations: 2 });
  return {
    name: `PQ encoding, ${points.rows} x 256 to 32 bytes`,
    prepare: (threads) => () => [quantizer.encode(points, { threads })],
  };
}

/**
 * Mostly copying to and from the memory of the kernels, which the caller does alone: two threads on two busy cores gained 1.07 to
 * 1.36 times.
 */
function scalarEncoding(): Case {
  const points = vectors(50_000, 256);
  const quantizer = ScalarQuantizer.train(points);
  return {
    name: `SQ8 encoding, ${points.rows} x 256`,
    prepare: (threads) => () => [quantizer.encode(points, { threads })],
  };
}

/** Steps on a model that is made once for each number of threads; every round goes on where the last one ended. */
function training(dIn: number, batch: number, projections: number, steps: number): Case {
  const base = vectors(Math.max(3 * batch, 1000) / share, dIn);
  const models = new Map<number, CntTraining>();
  const settings = cntSettings(base, { batch, projections, samples: 1, start: 'random' });
  const ids = epochOrder(splitRows(base.rows, 1).training, 1, 0);
  const model = (threads: number): CntTraining => {
    const build = (kernels: Kernels) => new CntTraining(kernels, settings, 2);
    const made = models.get(threads) ?? build(createKernels({ bytes: bytesNeeded(build), threads }));
    if (!models.has(threads)) made.parameters.initialize(1);
    models.set(threads, made);
    return made;
  };
  return {
    name: `training, ${steps} steps of ${batch} rows, ${dIn} to ${dIn / 4}`,
    prepare: (threads) => {
      const own = model(threads);
      return () => {
        const losses = Float64Array.from({ length: steps }, () => own.step(base, ids, 0, 1e-4));
        return [losses, ...own.parameters.all().map(({ value }) => value as Float32Array)];
      };
    },
  };
}

async function compression(dim: number): Promise<Case> {
  const x = vectors(20_000, dim);
  const trained = await trainCnt(firstRows(x, 1000), { batch: 128, samples: 128, evaluations: 1, start: 'random' });
  return {
    name: `compression, ${x.rows} x ${dim} to ${dim / 4}`,
    prepare: (threads) => () => [trained.encode(x, { threads }).data],
  };
}

function digest(results: readonly Values[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of results) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex').slice(0, 12);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

async function run({ name, prepare }: Case): Promise<void> {
  const passes = counts.map((threads) => ({ threads, pass: prepare(threads), seconds: [] as number[], digests: '' }));
  // The first round only warms up, and lets the threads come up.
  for (let round = -1; round < rounds; round++) {
    for (const one of passes) {
      const begin = process.hrtime.bigint();
      const results = await one.pass();
      if (round >= 0) one.seconds.push(Number(process.hrtime.bigint() - begin) / 1e9);
      one.digests += digest(results);
      if (awaitThreads(30_000) < 1) throw new Error('threads: expected threads to start.');
    }
  }
  console.log(`\n${name}`);
  const alone = median(passes[0]!.seconds);
  for (const { threads, seconds, digests } of passes) {
    const time = median(seconds);
    const same = digests === passes[0]!.digests ? 'same bits' : 'OTHER BITS';
    const gain = (alone / time).toFixed(2);
    console.log(
      `  ${String(threads).padStart(3)} threads  ${time.toFixed(4).padStart(9)} s  x ${gain.padStart(5)}  ${same}`,
    );
    if (digests !== passes[0]!.digests) process.exitCode = 1;
  }
}

console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; medians of ${rounds}, wall`);
const cases: readonly [string, () => Case | Promise<Case>][] = [
  ['exact', () => exactSearch(256, 1000)],
  ['exact', () => exactSearch(960, 200)],
  ['exact', () => exactSearch(256, 1)],
  ['k-means', () => kMeansCase(256)],
  ['k-means', () => kMeansCase(1024)],
  ['product', productCode],
  ['scalar', scalarEncoding],
  ['training', () => training(256, 256, 4, 10)],
  ['training', () => training(256, 1024, 12, 3)],
  ['training', () => training(960, 256, 4, 3)],
  ['compression', () => compression(256)],
  ['compression', () => compression(960)],
];
for (const [kind, make] of cases) if (kind.startsWith(options.only)) await run(await make());
