/**
 * NSG on a data folder: the cost of the k-NN graph and of the NSG, how good the k-NN graph is, then recall against queries a second and
 * distances a query, one thread, for a sweep of L. With --pca D everything is built a second time on D dimensions of PCA and searched
 * over the full vectors, as the paper does with its compressed vectors.
 *
 *   node --import tsx bench/pipeline/nsg.ts FOLDER [--limit N] [--R 60] [--L 70] [--C 500] [--profile canonical|faiss]
 *        [--exact] [--K 200] [--nn-descent L,iter,S,R] [--knn-recall] [--search-L 20,50,100,200,400] [--repeat 3] [--pca D]
 *        [--backend auto]
 *
 * The paper: for Deep1M --K 200 --nn-descent 250,10,12,100, for GIST1M --K 400 --nn-descent 450,12,15,100 (it gives 200 and 400 for
 * the first number, which faiss raises to K + 50). --exact compares all pairs instead. --knn-recall makes the k-NN graph once more and
 * compares 200 of its lists with the exact ones. Times are processor time, of searches the median of --repeat. Each L is used for
 * the 10 nearest, and from 100 on for the 100 nearest too.
 */
import type { BackendChoice } from '../../kernels/backend.ts';
import { nnDescent } from '../../src/graph/knn/nn-descent.ts';
import { NSG_PROFILES } from '../../src/graph/nsg/profile.ts';
import type { NeighborGraph } from '../../src/index/graph/nsg-archive.ts';
import { NsgIndex, type NsgPhase } from '../../src/index/graph/nsg-index.ts';
import { digestArrays } from '../../src/io/digest.ts';
import { firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { VectorSet } from '../../src/tensor/vectors/vector-set.ts';
import { benchArguments } from '../arguments.ts';
import { sweepGraph } from './graph-sweep.ts';
import type { Timed } from './processor-time.ts';

const { values, operands } = benchArguments(['FOLDER'], {
  limit: '',
  R: '60',
  L: '70',
  C: '500',
  profile: 'canonical',
  exact: false,
  K: '200',
  'nn-descent': '250,10,12,100',
  'knn-recall': false,
  'search-L': '20,50,100,200,400',
  repeat: '3',
  pca: '',
  backend: 'auto',
});
const profile = NSG_PROFILES.find((name) => name === values.profile);
if (!profile) throw new Error(`nsg: expected a profile of ${NSG_PROFILES.join(', ')}.`);
const backend = values.backend as BackendChoice;
const [R, L, C, K] = [Number(values.R), Number(values.L), Number(values.C), Number(values.K)];
const [poolL, iter, S, reverse] = values['nn-descent'].split(',').map(Number) as [number, number, number, number];
const descent = { K, L: poolL, iter, S, R: reverse };
const neighborGraph: NeighborGraph = values.exact ? { method: 'exact', K } : { method: 'nn-descent', ...descent };

const processorSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function build(name: string, base: Matrix, graphBase: Matrix): Promise<Timed<NsgIndex>> {
  const begin = processorSeconds();
  let middle = begin;
  const onProgress = (done: number, total: number, phase: NsgPhase): void => {
    if (phase === 'k-NN graph' && done === total) middle = processorSeconds();
  };
  const index = await NsgIndex.build({
    base,
    graphBase,
    R,
    L,
    C,
    profile: profile!,
    neighborGraph,
    backend,
    onProgress,
  });
  const end = processorSeconds();
  const { meanDegree, degrees, reachableFraction, reciprocity } = index.statistics();
  const { neighborGraph: knn, nsg } = index.buildCounts!;
  const work = (distances: number): string => `${(distances / base.rows).toFixed(0)} distances a point`;
  console.log(`\n${name}: ${(end - begin).toFixed(1)} s`);
  console.log(`  k-NN graph (${neighborGraph.method}): ${(middle - begin).toFixed(1)} s, ${work(knn.distances)}`);
  console.log(`  NSG: ${(end - middle).toFixed(1)} s, ${work(nsg.distances)}`);
  console.log(
    `  mean degree ${meanDegree.toFixed(2)}, most ${degrees.findLastIndex((count) => count > 0)}` +
      ` | reachable ${(100 * reachableFraction).toFixed(2)} %, ${index.parameters.attached} attached` +
      ` | reciprocity ${reciprocity.toFixed(3)} | digest ${digestArrays(index.toArchive()).slice(0, 16)}`,
  );
  if (values['knn-recall'] && !values.exact) await printRecall(graphBase);
  return { value: index, seconds: end - begin };
}

/** Share of the true K nearest, and of the true 10 nearest, in 200 lists of the k-NN graph. */
async function printRecall(matrix: Matrix): Promise<void> {
  const { ids } = await nnDescent(new VectorSet(matrix, { backend }), descent);
  const controls = Math.min(200, matrix.rows);
  const found = nearest(matrix, firstRows(matrix, controls), K + 1, { backend });
  let [hits, hits10] = [0, 0];
  for (let row = 0; row < controls; row++) {
    const truth = found.ids.data.subarray(row * (K + 1), (row + 1) * (K + 1)).filter((id) => id !== row);
    const list = new Set(ids.subarray(row * K, (row + 1) * K));
    for (const id of truth.subarray(0, K)) if (list.has(id)) hits++;
    for (const id of truth.subarray(0, 10)) if (list.has(id)) hits10++;
  }
  const share = (count: number, all: number): string => `${((100 * count) / all).toFixed(2)} %`;
  console.log(
    `  k-NN graph: recall@${K} ${share(hits, controls * K)}, of the true 10 nearest ${share(hits10, controls * 10)}`,
  );
}

await sweepGraph({
  folder: operands[0],
  limit: values.limit,
  backend,
  setting: `NSG ${profile}, R = ${R}, L = ${L}, C = ${C}; k-NN graph ${JSON.stringify(neighborGraph)}`,
  width: 'L',
  widths: values['search-L'].split(',').map(Number),
  repeat: Number(values.repeat),
  pca: values.pca,
  build,
});
