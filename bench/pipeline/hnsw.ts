/**
 * HNSW on a data folder: the cost of building, then recall against queries a second and distances a query, one thread, for a sweep
 * of ef. With --pca D a second graph is built on D dimensions of PCA and searched over the full vectors, as the paper does with its
 * compressed vectors; the ratio of the two building times is printed.
 *
 *   node --import tsx bench/pipeline/hnsw.ts FOLDER [--limit N] [--M 16] [--ef-construction 200] [--profile faiss]
 *        [--ef 10,20,40,80,160] [--repeat 3] [--pca D] [--backend auto]
 *
 * Times are processor time, the median of --repeat searches. Each ef is searched twice: for the 10 nearest at exactly that ef, and
 * for the 100 nearest, where ef is at least 100.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { BackendChoice } from '../../kernels/backend.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import { HNSW_PROFILES } from '../../src/graph/hnsw/profile.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { digestArrays, digestIds } from '../../src/io/digest.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string' },
    M: { type: 'string', default: '16' },
    'ef-construction': { type: 'string', default: '200' },
    profile: { type: 'string', default: 'faiss' },
    ef: { type: 'string', default: '10,20,40,80,160' },
    repeat: { type: 'string', default: '3' },
    pca: { type: 'string' },
    backend: { type: 'string', default: 'auto' },
  },
});
const profile = HNSW_PROFILES.find((name) => name === values.profile);
const folder = positionals[0];
if (!folder || !profile) throw new Error(`hnsw: expected a folder and a profile of ${HNSW_PROFILES.join(', ')}.`);
const backend = values.backend as BackendChoice;
const M = Number(values.M);
const efConstruction = Number(values['ef-construction']);
const repeat = Number(values.repeat);

interface Timed<T> {
  readonly value: T;
  /** Processor time of this process. */
  readonly seconds: number;
}

async function timed<T>(run: () => T | Promise<T>): Promise<Timed<T>> {
  const begin = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(begin);
  return { value, seconds: (user + system) / 1e6 };
}

async function buildGraph(name: string, base: Matrix, graphBase: Matrix): Promise<Timed<GraphIndex>> {
  const built = await timed(() => GraphIndex.build({ base, graphBase, M, efConstruction, profile: profile!, backend }));
  const { points, levels, meanDegree, reachableFraction, reciprocity } = built.value.statistics();
  console.log(`\n${name}: ${built.seconds.toFixed(1)} s, ${(points / built.seconds).toFixed(0)} points/s`);
  console.log(
    `  levels ${levels.join(' ')} | mean degree ${meanDegree.toFixed(2)} | reachable ${(100 * reachableFraction).toFixed(2)} %` +
      ` | reciprocity ${reciprocity.toFixed(3)} | digest ${digestArrays(built.value.toArchive()).slice(0, 16)}`,
  );
  return built;
}

/** One line of the table; the median of the repeated times. */
async function measure(index: GraphIndex, queries: Matrix, k: number, ef: number, truth: Ids): Promise<void> {
  const runs: Timed<ReturnType<GraphIndex['search']>>[] = [];
  for (let i = 0; i < repeat; i++) runs.push(await timed(() => index.search(queries, k, { ef })));
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b)[Math.floor(repeat / 2)]!;
  const found = runs[0]!.value;
  const { ids } = found;
  const { distances, hops } = found.counts;
  const cells = [
    `${k}`,
    `${Math.max(ef, k)}`,
    (100 * recallAt(ids, truth, 1)).toFixed(2),
    (100 * intersectionAt(ids, truth, k)).toFixed(2),
    (queries.rows / seconds).toFixed(0),
    (distances / queries.rows).toFixed(0),
    (hops / queries.rows).toFixed(0),
    `  ${digestIds(ids).slice(0, 16)}`,
  ];
  console.log(cells.map((cell) => cell.padStart(10)).join(''));
}

async function sweep(index: GraphIndex, queries: Matrix, truth: Ids): Promise<void> {
  const titles = ['k', 'ef', '1@1 %', 'k@k %', 'queries/s', 'distances', 'hops', '  ids'];
  console.log(titles.map((title) => title.padStart(10)).join(''));
  const efs = values.ef.split(',').map(Number);
  index.search(queries, 10, { ef: 10 }); // lets the engine compile
  for (const ef of efs) await measure(index, queries, 10, ef, truth);
  for (const ef of efs.filter((ef) => ef >= 100)) await measure(index, queries, 100, ef, truth);
}

const dataset = await findDataset(folder);
const base = await readVectors(dataset.base, values.limit ? { limit: Number(values.limit) } : {});
const queries = await readVectors(dataset.query);
const truth = (await readGroundtruth(dataset, base.rows)) ?? exactTruth();

function exactTruth(): Ids {
  return new FlatIndex(base, backend).search(queries, Math.min(100, base.rows)).ids;
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, one thread, processor time`);
console.log(`${dataset.name}: ${base.rows} x ${base.cols}, ${queries.rows} queries`);
console.log(`HNSW ${profile}, M = ${M}, efConstruction = ${efConstruction}`);
const full = await buildGraph(`built on ${base.cols} dimensions`, base, base);
console.log(`  backend ${full.value.backend}`);
await sweep(full.value, queries, truth);
if (values.pca) {
  const compressed = trainPca(base, { dOut: Number(values.pca), backend }).encode(base, { backend });
  const small = await buildGraph(`built on ${compressed.cols} dimensions of PCA`, base, compressed);
  console.log(`  building takes ${(small.seconds / full.seconds).toFixed(3)} of the time on ${base.cols} dimensions`);
  await sweep(small.value, queries, truth);
}
