/**
 * Product codes against Link & Code on a data folder: on the vectors as they are and on their PCA, for several sizes of code. A row
 * of L&C of b bytes is given twice: with product codes of b bytes, the regression code on top (the paper's bytes, as we read it), and
 * with both in b bytes. Product codes are searched by IVFADC with 8 lists, all of them probed, as the paper's are.
 *
 *   node --import tsx bench/pipeline/link-and-code.ts FOLDER [--limit 20000] [--bytes 16,32] [--pca 64] [--ef 1024] [--reorder all]
 *        [--profile canonical|faiss] [--rotation-rounds 50] [--repeat 3]
 *
 * Times are processor time. Errors are mean squared distances from what stands for a vector, in the space that was coded.
 */
import { cpus } from 'node:os';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { recallAt } from '../../src/eval/recall.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';
import { benchArguments } from '../arguments.ts';
import { loadDataset, truthOf } from './loaded-dataset.ts';
import { type Timed, timed } from './processor-time.ts';

const K = 100;
const NSQ = 8;

const { values, operands } = benchArguments(['FOLDER'], {
  limit: '20000',
  bytes: '16,32',
  pca: '64',
  ef: '1024',
  reorder: 'all',
  profile: 'canonical',
  'rotation-rounds': '50',
  repeat: '3',
});
const folder = operands[0];
const profile = values.profile === 'faiss' ? 'faiss' : 'canonical';
const [ef, repeat] = [Number(values.ef), Number(values.repeat)];
const reorder = values.reorder === 'all' ? 'all' : Number(values.reorder);

const COLUMNS = ['1@1 %', '1@5 %', '1@50 %', 'queries/s', 'distances', 'build s', 'error', 'refined'];

async function print(
  title: string,
  seconds: number,
  search: () => Promise<SearchResult>,
  truth: Ids,
  errors: readonly string[] = [],
): Promise<void> {
  const runs: Timed<SearchResult>[] = [];
  for (let i = 0; i < repeat; i++) runs.push(await timed(search));
  const { ids, counts } = runs[0]!.value;
  const queries = ids.rows;
  const least = runs.map((run) => run.seconds).sort((a, b) => a - b)[Math.floor(repeat / 2)]!;
  const cells = [
    ...[1, 5, 50].map((R) => (100 * recallAt(ids, truth, R)).toFixed(1)),
    (queries / least).toFixed(0),
    (counts.distances / queries).toFixed(0),
    seconds.toFixed(1),
    ...errors,
  ];
  console.log(title.padEnd(26) + cells.map((cell) => cell.padStart(10)).join(''));
}

async function measure(name: string, base: Matrix, queries: Matrix, truth: Ids): Promise<void> {
  console.log(`\n${name}: ${base.cols} dimensions\n${''.padEnd(26)}${COLUMNS.map((c) => c.padStart(10)).join('')}`);
  for (const bytes of values.bytes.split(',').map(Number)) {
    const pq = await timed(() => IvfAdcIndex.build({ base, nlist: 8, m: bytes, profile }));
    await print(`PQ ${bytes}`, pq.seconds, () => pq.value.search(queries, K, { nprobe: 8 }), truth);
    for (const m of [bytes, bytes - NSQ]) {
      const rotationRounds = Number(values['rotation-rounds']);
      const lc = await timed(() => LinkAndCodeIndex.build({ base, m, nsq: NSQ, profile, rotationRounds }));
      const { codes, refined } = lc.value.errors(base);
      const { bytesPerVector: size, reachableFraction } = lc.value.statistics();
      const title = `L&C ${m} (${size.refined}, links ${size.withLinks})`;
      const errors = [codes, refined].map((error) => error.toPrecision(4));
      await print(title, lc.seconds, () => lc.value.search(queries, K, { ef, reorder }), truth, errors);
      const plain = await lc.value.search(queries, K, { ef, reorder: 0 });
      const first = recallAt(plain.ids, truth, 1);
      console.log(
        `  1@1 without reordering ${(100 * first).toFixed(1)}, reachable ${(100 * reachableFraction).toFixed(2)} %,` +
          ` learning ${[...lc.value.objectives!].map((value) => value.toPrecision(4)).join(' ')}`,
      );
    }
  }
}

const dataset = await loadDataset(folder, values.limit);
const { base, queries } = dataset;
const truth = await truthOf(folder, dataset, K);

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, one thread, processor time`);
console.log(
  `${dataset.name}: ${base.rows} x ${base.cols}, ${queries.rows} queries; ${profile}, ef ${ef}, reorder ${reorder}`,
);
await measure('vectors as they are', base, queries, truth);
const pca = trainPca(base, { dOut: Number(values.pca) });
await measure('PCA', pca.encode(base), pca.encode(queries), truth);
