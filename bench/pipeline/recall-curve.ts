/**
 * What compression costs in recall, by brute force in the compressed space over the given queries: PCA, a linear map trained with INRP
 * (the control that the paper lacks), CNT by the default recipe, and the released code's variant from a random start. Then the curve of recall
 * against samples that each training recorded on its probe (held-out rows as queries among 10,000 training rows).
 *
 *     node --import tsx bench/pipeline/recall-curve.ts [folder] [--limit 50000] [--factor 4] [--samples 640000]
 *                                                      [--methods pca,linear,cnt,released-code] [--seed 1] [--backend auto]
 *
 * The folder holds a data set as `cnt generate` writes it; ../shared/data/deep-like beside the repository unless given.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BackendChoice } from '../../kernels/backend.ts';
import { type CntTrainingOptions, trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import type { Compressor } from '../../src/compress/compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import type { HistoryPoint } from '../../src/compress/training/history.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { digestArrays } from '../../src/io/digest.ts';
import { readVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';
import { benchArguments } from '../arguments.ts';
import { machine } from '../kernels/measure.ts';

const DEFAULT_FOLDER = fileURLToPath(new URL('../../../shared/data/deep-like', import.meta.url));

const { values, operands } = benchArguments(['[FOLDER]'], {
  limit: '',
  factor: '4',
  samples: '',
  methods: 'pca,linear,cnt',
  rate: '',
  seed: '1',
  backend: 'auto',
});
const backend = values.backend as BackendChoice;
const factor = Number(values.factor);

/** The random start wants a higher rate than the default, or it needs far more samples. */
const RANDOM_START = { variant: 'released-code', start: 'random', learningRate: 1e-2 } as const;

const TRAINERS: Record<string, (base: Matrix) => Promise<Compressor>> = {
  pca: async (base) => trainPca(base, { dOut: base.cols / factor, backend }),
  linear: (base) => train(base, { network: 'linear' }),
  cnt: (base) => train(base, {}),
  'released-code': (base) => train(base, RANDOM_START),
};

function train(base: Matrix, choices: CntTrainingOptions): Promise<Compressor> {
  let evaluated = -1;
  return trainCnt(base, {
    factor,
    backend,
    seed: values.seed,
    ...(values.samples && { samples: Number(values.samples) }),
    ...(values.rate && { learningRate: Number(values.rate) }),
    ...choices,
    onProgress: ({ evaluation, totalSamples }) => {
      if (evaluation.step === evaluated) return;
      evaluated = evaluation.step;
      console.error(`  ${evaluation.samples} of ${totalSamples} samples: ${pointText(evaluation)}`);
    },
  });
}

function pointText({ loss, heldOutLoss, heldOutError, recall }: HistoryPoint): string {
  const training = loss === undefined ? '' : `loss ${loss.toFixed(5)}, `;
  const heldOut = `held out ${heldOutLoss.toFixed(5)} (unweighted ${heldOutError.toFixed(4)})`;
  return `${training}${heldOut}, probe 1@1 ${percent(recall.nearest)}, 10@10 ${percent(recall.tenNearest)}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1).padStart(5);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function truthOf(base: Matrix, query: Matrix, given: Ids | undefined): Promise<Ids> {
  if (given) return given;
  console.error('  no truth file for this many rows: computing it');
  return nearest(base, query, 10, { backend }).ids;
}

function recallLine(model: Compressor, base: Matrix, query: Matrix, truth: Ids): string {
  const result = nearest(model.encode(base, { backend }), model.encode(query, { backend }), 10, { backend }).ids;
  const shares = [1, 5, 10].map((R) => recallAt(result, truth, R));
  return [...shares, intersectionAt(result, truth, 10)].map(percent).join('  ');
}

const folder = operands[0] ?? DEFAULT_FOLDER;
if (!existsSync(folder)) {
  console.log(`skip: ${folder} is absent; give a folder with a data set`);
} else {
  const dataset = await findDataset(folder);
  const base = await readVectors(dataset.base, values.limit ? { limit: Number(values.limit) } : {});
  const query = await readVectors(dataset.query);
  const truth = await truthOf(base, query, await readGroundtruth(dataset, base.rows));
  console.log(machine());
  console.log(
    `${dataset.name}: ${base.rows} x ${base.cols} at ${factor}x, ${query.rows} queries, seed ${values.seed}\n`,
  );
  console.log(`${'method'.padEnd(14)}   1@1    1@5   1@10  10@10    CPU s    wall s  digest of the model`);
  const curves: string[] = [];
  for (const method of values.methods.split(',')) {
    const trainer = TRAINERS[method];
    if (!trainer) throw new RangeError(`expected methods of ${Object.keys(TRAINERS).join(', ')}, got ${method}.`);
    console.error(method);
    const [cpu, wall] = [cpuSeconds(), performance.now()];
    const model = await trainer(base);
    const seconds = [(cpuSeconds() - cpu).toFixed(1), ((performance.now() - wall) / 1000).toFixed(1)];
    const line = recallLine(model, base, query, truth);
    const arrays = model.toNamedArrays();
    const [cpuText, wallText] = seconds.map((text) => text.padStart(8));
    console.log(`${method.padEnd(14)} ${line} ${cpuText}  ${wallText}  ${digestArrays(arrays).slice(0, 16)}`);
    const { history } = arrays.metadata;
    if (history === undefined) continue;
    curves.push(`\n${method}, recall of the probe against samples`);
    for (const point of JSON.parse(history) as HistoryPoint[]) {
      curves.push(`  ${String(point.samples).padStart(9)}  ${pointText(point)}`);
    }
  }
  for (const line of curves) console.log(line);
}
