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
import type { BackendChoice } from '../../kernels/backend.ts';
import { HNSW_PROFILES } from '../../src/graph/hnsw/profile.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { digestArrays } from '../../src/io/digest.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { benchArguments } from '../arguments.ts';
import { sweepGraph } from './graph-sweep.ts';
import { type Timed, timed } from './processor-time.ts';

const { values, operands } = benchArguments(['FOLDER'], {
  limit: '',
  M: '16',
  'ef-construction': '200',
  profile: 'faiss',
  ef: '10,20,40,80,160',
  repeat: '3',
  pca: '',
  backend: 'auto',
});
const profile = HNSW_PROFILES.find((name) => name === values.profile);
if (!profile) throw new Error(`hnsw: expected a profile of ${HNSW_PROFILES.join(', ')}.`);
const backend = values.backend as BackendChoice;
const M = Number(values.M);
const efConstruction = Number(values['ef-construction']);

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

await sweepGraph({
  folder: operands[0],
  limit: values.limit,
  backend,
  setting: `HNSW ${profile}, M = ${M}, efConstruction = ${efConstruction}`,
  width: 'ef',
  widths: values.ef.split(',').map(Number),
  repeat: Number(values.repeat),
  pca: values.pca,
  build: buildGraph,
});
