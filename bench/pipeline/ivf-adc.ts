/**
 * IVFADC of raw and of PCA-compressed vectors at equal bytes, for 1, 2, 4 … nlist lists visited: 1@1, 1@10, 1@50, the share of true
 * neighbors in the lists visited, and what a query costs.
 *
 *   node --import tsx bench/pipeline/ivf-adc.ts ../shared/data/deep-like [--limit 50000] [--nlist 8] [--bytes 16,32] [--dim 64]
 *        [--queries 1000] [--profile canonical]
 */
import { cpus } from 'node:os';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { recallAt } from '../../src/eval/recall.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import type { KMeansProfile } from '../../src/quantize/k-means/k-means.ts';
import { ProductCodeSet } from '../../src/quantize/product/product-code-set.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { benchArguments } from '../arguments.ts';
import { loadDataset } from './loaded-dataset.ts';

const K = 50;
const { values, operands } = benchArguments(['FOLDER'], {
  limit: '50000',
  queries: '1000',
  nlist: '8',
  bytes: '16,32',
  dim: '64',
  profile: 'canonical',
});

async function cpuSeconds<T>(run: () => T | Promise<T>): Promise<{ result: T; seconds: number }> {
  const begin = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(begin);
  return { result, seconds: (user + system) / 1e6 };
}

const [folder] = operands;
const { base, queries: query } = await loadDataset(folder, values.limit, values.queries);
const nlist = Number(values.nlist);
console.log(`${folder}: ${base.rows} x ${base.cols}, ${query.rows} queries, nlist ${nlist}, ${values.profile} k-means`);
console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}; one thread, CPU time\n`);
const truth = nearest(base, query, 1);
const pca = trainPca(base, { dOut: Number(values.dim) });
const sets: Record<string, { base: Matrix; query: Matrix }> = {
  raw: { base, query },
  [`PCA ${values.dim}`]: { base: pca.encode(base), query: pca.encode(query) },
};
console.log('vectors  bytes  build s  nprobe    1@1   1@10   1@50  in lists  codes/query  ms/query  us/table');
for (const [name, { base: rows, query: asked }] of Object.entries(sets)) {
  for (const m of values.bytes.split(',').map(Number)) {
    const begin = process.cpuUsage();
    const index = await IvfAdcIndex.build({ base: rows, nlist, m, profile: values.profile as KMeansProfile });
    const { user, system } = process.cpuUsage(begin);
    const shares = index.probedShares(asked, truth.ids, 1);
    const tables = await cpuSeconds(() => fillTables(index, asked));
    for (let nprobe = 1; nprobe <= nlist; nprobe *= 2) {
      const { result, seconds } = await cpuSeconds(() => index.search(asked, K, { nprobe }));
      const recall = [1, 10, 50].map((R) => recallAt(result.ids, truth.ids, R));
      const cells = [
        name.padEnd(7),
        String(m).padStart(6),
        ((user + system) / 1e6).toFixed(1).padStart(8),
        String(nprobe).padStart(7),
        ...recall.map((share) => (100 * share).toFixed(1).padStart(6)),
        (100 * shares[nprobe - 1]!).toFixed(1).padStart(9),
        ((result.counts.codes ?? 0) / query.rows).toFixed(0).padStart(12),
        ((1000 * seconds) / query.rows).toFixed(3).padStart(9),
        ((1e6 * tables.seconds) / asked.rows).toFixed(1).padStart(9),
      ];
      console.log(cells.join(' '));
    }
  }
}

/** Fills a distance table for each query: what precomputed tables could save a part of. */
function fillTables(index: IvfAdcIndex, asked: Matrix): void {
  const codes = new ProductCodeSet(index.quantizer, new Uint8Array(0));
  for (let row = 0; row < asked.rows; row++) codes.setQuery(asked.data, row * asked.cols);
}
