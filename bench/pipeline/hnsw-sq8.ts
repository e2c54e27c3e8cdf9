/**
 * Table 3 in small: an HNSW graph built on vectors, on SQ8 codes, on PCA-compressed vectors and on their codes; searched over the full
 * vectors (and over codes, where there are full-dimensional ones). Seconds of processor time, one thread.
 *
 *   node --import tsx bench/pipeline/hnsw-sq8.ts ../shared/data/deep-like [--limit 10000] [--M 48] [--ef-construction 200] [--dim 64]
 */
import { cpus } from 'node:os';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { benchArguments } from '../arguments.ts';
import { loadDataset } from './loaded-dataset.ts';

const K = 100;
const { values, operands } = benchArguments(['FOLDER'], {
  limit: '10000',
  M: '48',
  'ef-construction': '200',
  dim: '64',
});
const [folder] = operands;
const { base, queries: query } = await loadDataset(folder, values.limit);
const graphOptions = {
  M: Number(values.M),
  efConstruction: Number(values['ef-construction']),
  profile: 'faiss',
} as const;
const truth = nearest(base, query, K);
const pca = trainPca(base, { dOut: Number(values.dim) }).encode(base);
console.log(
  `${folder}: ${base.rows} x ${base.cols}, M ${values.M}, efConstruction ${values['ef-construction']}, faiss profile`,
);
console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}; one thread, CPU time\n`);
console.log('graph built on                searched over  build s  100@100 at ef 100  ms/query');

async function timed<T>(run: () => T | Promise<T>): Promise<{ result: T; seconds: number }> {
  const begin = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(begin);
  return { result, seconds: (user + system) / 1e6 };
}

async function line(name: string, over: string, build: () => Promise<GraphIndex | Sq8GraphIndex>): Promise<void> {
  const built = await timed(build);
  const found = await timed(() => built.result.search(query, K, { ef: K }));
  const share = intersectionAt(found.result.ids, truth.ids, K);
  console.log(
    `${name.padEnd(29)} ${over.padEnd(13)} ${built.seconds.toFixed(1).padStart(8)} ${(100 * share).toFixed(2).padStart(18)}` +
      ` ${((1000 * found.seconds) / query.rows).toFixed(3).padStart(9)}`,
  );
}

await line('vectors', 'vectors', () => GraphIndex.build({ base, ...graphOptions }));
for (const range of ['dimension', 'uniform'] as const) {
  await line(`codes, range: ${range}`, 'vectors', () =>
    Sq8GraphIndex.build({ graphBase: base, base, range, ...graphOptions }),
  );
  await line(`codes, range: ${range}`, 'codes', () => Sq8GraphIndex.build({ graphBase: base, range, ...graphOptions }));
}
const name = `PCA ${values.dim}`;
await line(name, 'vectors', () => GraphIndex.build({ base, graphBase: pca, ...graphOptions }));
for (const range of ['dimension', 'uniform'] as const) {
  await line(`${name} codes, range: ${range}`, 'vectors', () =>
    Sq8GraphIndex.build({ graphBase: pca, base, range, ...graphOptions }),
  );
}
