import { cpus } from 'node:os';
import type { BackendChoice } from '../../kernels/backend.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import type { GraphIndex } from '../../src/index/graph/graph-index.ts';
import type { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { digestIds } from '../../src/io/digest.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';
import { loadDataset, truthOf } from './loaded-dataset.ts';
import { type Timed, timed } from './processor-time.ts';

type Graph = GraphIndex | NsgIndex;

/** What is built and how it is searched. */
export interface GraphSweep {
  readonly folder: string;
  /** Rows of the base, or ''. */
  readonly limit: string;
  readonly backend: BackendChoice;
  /** A line that names the graph and its parameters. */
  readonly setting: string;
  /** What a search is widened by, as its paper calls it, and the widths. */
  readonly width: 'ef' | 'L';
  readonly widths: readonly number[];
  /** Searches of each width, of whose times the median counts. */
  readonly repeat: number;
  /** Dimensions of a second graph, built on PCA and searched over the full vectors, or ''. */
  readonly pca: string;
  /** Builds a graph and prints what it is. */
  build(name: string, base: Matrix, graphBase: Matrix): Promise<Timed<Graph>>;
}

/** Builds a graph on a data set, and on its PCA if asked, and prints recall against queries a second and distances a query. */
export async function sweepGraph(options: GraphSweep): Promise<void> {
  const { folder, limit, backend, setting, build, pca } = options;
  const dataset = await loadDataset(folder, limit);
  const { name, base, queries } = dataset;
  const truth = await truthOf(folder, dataset, 100);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, one thread, processor time`);
  console.log(`${name}: ${base.rows} x ${base.cols}, ${queries.rows} queries\n${setting}`);
  const full = await build(`built on ${base.cols} dimensions`, base, base);
  console.log(`  backend ${full.value.backend}`);
  await sweep(full.value, queries, truth, options);
  if (!pca) return;
  const compressed = trainPca(base, { dOut: Number(pca), backend }).encode(base, { backend });
  const small = await build(`built on ${compressed.cols} dimensions of PCA`, base, compressed);
  console.log(`  building takes ${(small.seconds / full.seconds).toFixed(3)} of the time on ${base.cols} dimensions`);
  await sweep(small.value, queries, truth, options);
}

async function sweep(index: Graph, queries: Matrix, truth: Ids, { width, widths, repeat }: GraphSweep): Promise<void> {
  const titles = ['k', width, '1@1 %', 'k@k %', 'queries/s', 'distances', 'hops', '  ids'];
  console.log(titles.map((title) => title.padStart(10)).join(''));
  await index.search(queries, 10, { ef: 10 }); // lets the engine compile
  for (const ef of widths) await measure(index, queries, 10, ef, truth, repeat);
  for (const ef of widths.filter((ef) => ef >= 100)) await measure(index, queries, 100, ef, truth, repeat);
}

/** One line of the table; the median of the repeated times. */
async function measure(
  index: Graph,
  queries: Matrix,
  k: number,
  ef: number,
  truth: Ids,
  repeat: number,
): Promise<void> {
  const runs: Timed<Awaited<ReturnType<Graph['search']>>>[] = [];
  for (let i = 0; i < repeat; i++) runs.push(await timed(() => index.search(queries, k, { ef })));
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b)[Math.floor(repeat / 2)]!;
  const { ids, counts } = runs[0]!.value;
  const cells = [
    `${k}`,
    `${Math.max(ef, k)}`,
    (100 * recallAt(ids, truth, 1)).toFixed(2),
    (100 * intersectionAt(ids, truth, k)).toFixed(2),
    (queries.rows / seconds).toFixed(0),
    (counts.distances / queries.rows).toFixed(0),
    (counts.hops / queries.rows).toFixed(0),
    `  ${digestIds(ids).slice(0, 16)}`,
  ];
  console.log(cells.map((cell) => cell.padStart(10)).join(''));
}
