/**
 * Runs in a page, in the same page cross-origin isolated, and in a worker of that: what the first says to whoever asks for threads;
 * and what two threads of the others compute, against one.
 */
import { createKernels } from '../../kernels/backend.ts';
import { along, ROWS } from '../../kernels/threads/job.ts';
import { awaitThreads } from '../../kernels/threads/pool.ts';
import { cntSettings } from '../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../src/compress/cnt/training/cnt-training.ts';
import { trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import { epochOrder } from '../../src/compress/training/split.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { buildHnsw } from '../../src/graph/hnsw/build.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { VectorSet } from '../../src/tensor/vectors/vector-set.ts';
import { markingTeam, rowByRow } from '../support/marking-team.ts';

interface Page {
  readonly crossOriginIsolated: boolean;
  /** Only the page has one. */
  readonly document?: unknown;
  readonly Worker: new (
    url: string,
    options: { type: 'module' },
  ) => {
    onmessage: (event: { readonly data: unknown }) => void;
    onerror: (event: { readonly message: string }) => void;
  };
  readonly sessionStorage: { setItem(name: string, value: string): void; getItem(name: string): string | null };
  readonly location: { replace(path: string): void };
  postMessage(message: unknown): void;
  setTimeout(run: () => void, milliseconds: number): void;
  fetch(path: string, settings: object): Promise<unknown>;
}
const page = globalThis as unknown as Page;

const { base, query } = generateManifold({ rows: 2000, queries: 200, dim: 32, seed: 1 });
const training = { batch: 64, projections: 2, samples: 64, start: 'random' } as const;
const graph = { M: 8, efConstruction: 40, profile: 'batch' } as const;

/** Bytes as text. */
function bits(arrays: readonly (Float32Array | Int32Array)[]): string {
  return arrays.map((array) => new Uint8Array(array.slice().buffer).join()).join('\n');
}

/** Whether 1 and 2 threads compute the same. */
async function same(compute: (threads: number) => unknown): Promise<boolean> {
  return (await compute(1)) === (await compute(2));
}

/** Tries again until it is so; in between the event loop has turns, without which no thread starts. */
async function comesTrue(tried: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 250; attempt++) {
    if (await tried()) return true;
    await new Promise<void>((resolve) => page.setTimeout(resolve, 20));
  }
  return false;
}

function threadListens(): boolean {
  markingTeam(2);
  return awaitThreads(0) === 2;
}

/** Whether two threads computed rows of one call. */
function callIsShared(): boolean {
  const { out, team } = markingTeam(2);
  team.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 20_000]);
  return new Set(out).size === 2;
}

function exactSearch(threads: number): string {
  const { ids, distances } = nearest(base, query, 10, { threads });
  return bits([ids.data, distances.data]);
}

function trainingSteps(threads: number): string {
  const model = CntTraining.create(cntSettings(base, training), 8, { threads });
  model.parameters.initialize(1);
  const order = epochOrder(
    Int32Array.from({ length: base.rows }, (_, row) => row),
    1,
    0,
  );
  const losses = [0, 1, 2].map((step) => model.step(base, order, step * training.batch, 1e-3));
  const parameters = model.parameters.all().map(({ value }) => value as Float32Array);
  return `${losses}\n${bits(parameters)}`;
}

async function batchGraph(threads: number): Promise<string> {
  const source = new VectorSet(base, { attachable: threads - 1 });
  const built = await buildHnsw(source, { ...graph, threads });
  const { base: lowest, upper, levels, entry } = built.graph;
  return `${JSON.stringify([built.counts, entry])}\n${bits([lowest.links, upper.links, levels])}`;
}

/** Whether the caller measured only some of the distances of a build. */
async function buildIsShared(): Promise<boolean> {
  const source = new VectorSet(base, { attachable: 1 });
  const { counts } = await buildHnsw(source, { ...graph, threads: 2 });
  return source.counts.distances < counts.distances;
}

async function graphSearch(threads: number): Promise<string> {
  const index = await GraphIndex.build({ base, ...graph, threads: 2 });
  const { ids, distances, counts } = await index.search(query, 5, { ef: 20, threads });
  return `${JSON.stringify(counts)}\n${bits([ids.data, distances.data])}`;
}

async function compression(): Promise<boolean> {
  const compressor = await trainCnt(base, { ...training, evaluations: 1 });
  return same((threads) => bits([compressor.encode(base, { threads }).data]));
}

async function refusal(ask: () => unknown): Promise<string> {
  try {
    await ask();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
}

const isolated = async () => ({
  'a thread listens': await comesTrue(threadListens),
  'two threads share a call': await comesTrue(callIsShared),
  'exact search': await same(exactSearch),
  training: await same(trainingSteps),
  compression: await compression(),
  'two threads share a build': await comesTrue(buildIsShared),
  'batch HNSW': await same(batchGraph),
  'search by threads': await same(graphSearch),
});

const notIsolated = async () => ({
  kernels: await refusal(() => createKernels({ bytes: 64, threads: 2 })),
  index: await refusal(() => GraphIndex.build({ base, ...graph, threads: 2 })),
  alone: await refusal(() => exactSearch(1)),
});

/** The same in a worker of the page, whose thread may wait. */
function inWorker(): Promise<unknown> {
  const worker = new page.Worker(import.meta.url, { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`in a worker: ${message}`));
  });
}

if (!page.document) page.postMessage(await isolated());
else if (!page.crossOriginIsolated) {
  page.sessionStorage.setItem('refused', JSON.stringify(await notIsolated()));
  page.location.replace('/isolated');
} else {
  const refused: unknown = JSON.parse(page.sessionStorage.getItem('refused')!);
  const report = { refused, page: await isolated(), worker: await inWorker() };
  await page.fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}
