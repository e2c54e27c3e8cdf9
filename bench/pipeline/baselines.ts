/**
 * What the learned baselines keep of the neighborhood, by brute force in the compressed space over the given queries: SRP, PCA, VAE with
 * three weights of the divergence, Catalyst. Each line states its budget and ends with digests of the model and of the compressed base.
 *
 *     nice -n 10 node --import tsx bench/pipeline/baselines.ts [folder] [--limit 50000] [--factor 4] [--samples 500000] [--epochs 8]
 *                                                              [--methods srp,pca,vae-1,vae-0.1,vae-0.01,catalyst] [--seed 1]
 *
 * `--samples` is the budget of a VAE, `--epochs` that of Catalyst. The folder holds a data set as `cnt generate` writes it;
 * ../shared/data/deep-like beside the repository unless given.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BackendChoice } from '../../kernels/backend.ts';
import { trainCatalyst } from '../../src/compress/catalyst/train-catalyst.ts';
import type { Compressor } from '../../src/compress/compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { SrpCompressor } from '../../src/compress/projection/sparse-projection.ts';
import type { TrainingReport } from '../../src/compress/training/training-loop.ts';
import { trainVae } from '../../src/compress/vae/train-vae.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { digestArrays, digestMatrix } from '../../src/io/digest.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';
import { benchArguments } from '../arguments.ts';
import { machine } from '../kernels/measure.ts';

const DEFAULT_FOLDER = fileURLToPath(new URL('../../../shared/data/deep-like', import.meta.url));
const NEIGHBORS = 10;

const { values, operands } = benchArguments(['[FOLDER]'], {
  limit: '',
  factor: '4',
  samples: '500000',
  epochs: '8',
  methods: 'srp,pca,vae-1,vae-0.1,vae-0.01,catalyst',
  rate: '',
  batch: '',
  seed: '1',
  backend: 'auto',
});
const { seed } = values;
const backend = values.backend as BackendChoice;
const factor = Number(values.factor);
const chosen = {
  factor,
  seed,
  backend,
  onProgress: reportEvaluations(),
  ...(values.rate && { learningRate: Number(values.rate) }),
  ...(values.batch && { batch: Number(values.batch) }),
};

/** Trains a method by its name; `vae-0.1` is the VAE with weight 0.1 of the divergence. */
async function trained(method: string, base: Matrix): Promise<Compressor> {
  const dOut = base.cols / factor;
  if (method === 'srp') return SrpCompressor.create({ dIn: base.cols, dOut, seed });
  if (method === 'pca') return trainPca(base, { dOut, backend });
  if (method === 'catalyst') return trainCatalyst(base, { ...chosen, epochs: Number(values.epochs) });
  const klWeight = Number(/^vae-([\d.]+)$/.exec(method)?.[1]);
  if (Number.isNaN(klWeight)) throw new RangeError(`expected methods srp, pca, vae-<weight>, catalyst, got ${method}.`);
  return trainVae(base, { ...chosen, klWeight, samples: Number(values.samples) });
}

function reportEvaluations(): (report: TrainingReport) => void {
  let seen: unknown;
  return ({ evaluation, totalSamples }) => {
    if (evaluation === seen) return;
    seen = evaluation;
    const { samples, heldOutLoss, heldOutError, recall } = evaluation;
    const losses = `held out ${heldOutLoss.toFixed(4)} (${heldOutError.toFixed(4)})`;
    console.error(`  ${samples} of ${totalSamples}: ${losses}, probe 1@1 ${percent(recall.nearest)}`);
  };
}

/** What a model of gradient descent was given. */
function budget(model: Compressor): string {
  const { training } = model.toNamedArrays().metadata;
  if (training === undefined) return '';
  const { steps, batch, stepsPerEpoch, bestStep } = JSON.parse(training) as Record<string, number>;
  return `${steps! * batch!} rows, ${(steps! / stepsPerEpoch!).toFixed(1)} epochs, kept step ${bestStep} of ${steps}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1).padStart(5);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function recallOf(compressed: Matrix, queries: Matrix, truth: Ids): string {
  const result = nearest(compressed, queries, NEIGHBORS, { backend }).ids;
  const shares = [1, 5, NEIGHBORS].map((R) => recallAt(result, truth, R));
  return [...shares, intersectionAt(result, truth, NEIGHBORS)].map(percent).join('  ');
}

async function compare(folder: string): Promise<void> {
  const dataset = await findDataset(folder);
  const base = await readVectors(dataset.base, values.limit ? { limit: Number(values.limit) } : {});
  const query = await readVectors(dataset.query);
  const given = await readGroundtruth(dataset, base.rows);
  const truth = given ?? nearest(base, query, NEIGHBORS, { backend }).ids;
  console.log(machine());
  console.log(`${dataset.name}: ${base.rows} x ${base.cols} at ${factor}x, ${query.rows} queries, seed ${seed}\n`);
  console.log(`${'method'.padEnd(10)}   1@1    1@5   1@10  10@10    CPU s    wall s  model     features  budget`);
  for (const method of values.methods.split(',')) {
    console.error(method);
    const [cpu, wall] = [cpuSeconds(), performance.now()];
    const model = await trained(method, base);
    const seconds = [cpuSeconds() - cpu, (performance.now() - wall) / 1000].map((s) => s.toFixed(1).padStart(8));
    const compressed = model.encode(base, { backend });
    const recall = recallOf(compressed, model.encode(query, { backend }), truth);
    const digests = [digestArrays(model.toNamedArrays()), digestMatrix(compressed)].map((text) => text.slice(0, 8));
    console.log(`${method.padEnd(10)} ${recall} ${seconds.join('  ')}  ${digests.join('  ')}  ${budget(model)}`);
  }
}

const folder = operands[0] ?? DEFAULT_FOLDER;
if (existsSync(folder)) await compare(folder);
else console.log(`skip: ${folder} is absent; give a folder with a data set`);
