/**
 * The ablations that the paper left to future work: networks that differ from the default in one switch, trained with the same budget and
 * seed, and searched by brute force in the compressed space over ALL given queries. One table: 1@1 and 10@10 beside the default's, how far
 * the 10@10 of several seeds lie apart, held-out error, size. Figures of several seeds are their means. PCA is the untrained control.
 *
 *     nice -n 10 node --import tsx bench/pipeline/ablations.ts [folder] [--limit 50000] [--samples 256000] [--factor 4]
 *                                                              [--only default,position bias] [--seeds 1,2,3] [--out ablations.json]
 *
 * 12.6 s of one core a network at 20,480 samples of 256 dimensions, evaluations included. `--out` keeps the figures as the ledger of
 * claims takes them.
 * The folder holds a data set as `cnt generate` writes it; ../shared/data/deep-like beside the repository unless given.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BackendChoice } from '../../kernels/backend.ts';
import type { Compressor } from '../../src/compress/compressor.ts';
import { trainPca } from '../../src/compress/pca.ts';
import { type TrainingOptions, trainCnt } from '../../src/compress/train-cnt.ts';
import type { HistoryPoint } from '../../src/compress/training/history.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import { writeAtomically } from '../../src/io/atomic-file.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { digestMatrix } from '../../src/io/digest.ts';
import type { IdTable } from '../../src/io/ids.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { ABLATIONS, type AblationFigures, type AblationName } from '../../src/paper/ledger.ts';
import { textTable } from '../../src/report/table.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest.ts';
import { machine } from '../kernels/measure.ts';

const DEFAULT_FOLDER = fileURLToPath(new URL('../../../shared/data/deep-like', import.meta.url));
const NEIGHBORS = 10;

/** What each changes of the default; every weight is 1 where alpha and beta are. */
const CHOICES: Readonly<Record<AblationName, TrainingOptions>> = {
  default: {},
  'plain distance loss': { alpha: 1, beta: 1 },
  'alpha 1': { alpha: 1 },
  'alpha 4': { alpha: 4 },
  'beta 0': { beta: 0 },
  'beta 0.1': { beta: 0.1 },
  '1 projection': { projections: 1 },
  '2 projections': { projections: 2 },
  '8 projections': { projections: 8 },
  // With one stage nothing lies between stages: there A is added before projection B, or the start at PCA would have no way through.
  'one stage': { switches: { stages: [1], heads: [4], skip: 'every-stage-and-output' } },
  'three stages': { switches: { stages: [1, 1, 1], heads: [4, 4, 4] } },
  'position bias': { switches: { positionBias: true } },
  'MLP ratio 1': { switches: { mlpRatio: 1 } },
  'MLP ratio 4': { switches: { mlpRatio: 4 } },
  'compression token last': { switches: { compressionToken: 'last' } },
  'projection A after every stage': { switches: { skip: 'every-stage-and-output' } },
  'released code': { variant: 'released-code' },
  'random start': { start: 'random' },
  'random start, rate 1e-2': { start: 'random', learningRate: 1e-2 },
  'linear map': { network: 'linear' },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string' },
    samples: { type: 'string', default: '256000' },
    factor: { type: 'string', default: '4' },
    batch: { type: 'string' },
    only: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    out: { type: 'string' },
    backend: { type: 'string', default: 'auto' },
  },
});
const backend = values.backend as BackendChoice;
const factor = Number(values.factor);

interface Data {
  readonly name: string;
  readonly base: Matrix;
  readonly query: Matrix;
  readonly truth: IdTable;
}

/** One training, or the mean of several. */
interface Outcome extends Omit<AblationFigures, 'name'> {
  /** Mean error of a distance of held-out rows, in standardized units; absent for PCA. */
  readonly heldOutError: number | undefined;
  readonly seconds: number;
}

async function readFolder(folder: string): Promise<Data> {
  const dataset = await findDataset(folder);
  const base = await readVectors(dataset.base, values.limit === undefined ? {} : { limit: Number(values.limit) });
  const query = await readVectors(dataset.query);
  const given = await readGroundtruth(dataset, base.rows);
  const truth = given ?? { rows: query.rows, cols: NEIGHBORS, data: nearest(base, query, NEIGHBORS, { backend }).ids };
  return { name: dataset.name, base, query, truth };
}

function train({ base }: Data, name: AblationName, seed: string): Promise<Compressor> {
  return trainCnt(base, {
    factor,
    seed,
    backend,
    samples: Number(values.samples),
    ...(values.batch !== undefined && { batch: Number(values.batch) }),
    ...CHOICES[name],
  });
}

async function measured({ base, query, truth }: Data, make: () => Promise<Compressor>): Promise<Outcome> {
  const begin = process.cpuUsage();
  const model = await make();
  const { user, system } = process.cpuUsage(begin);
  const found = nearest(model.encode(base, { backend }), model.encode(query, { backend }), NEIGHBORS, { backend });
  const result = { rows: query.rows, cols: NEIGHBORS, data: found.ids };
  const { arrays, metadata } = model.toNamedArrays();
  const history = JSON.parse(metadata['history'] ?? '[]') as HistoryPoint[];
  return {
    recall1at1: 100 * recallAt(result, truth, 1),
    recall10at10: 100 * intersectionAt(result, truth, NEIGHBORS),
    parameters: [...arrays.values()].reduce((sum, { data }) => sum + data.length, 0),
    heldOutError: history.length === 0 ? undefined : Math.min(...history.map(({ heldOutError }) => heldOutError)),
    seconds: (user + system) / 1e6,
  };
}

function meanOf(outcomes: readonly Outcome[]): Outcome {
  const mean = (of: (outcome: Outcome) => number) => outcomes.reduce((sum, one) => sum + of(one), 0) / outcomes.length;
  return {
    recall1at1: mean((one) => one.recall1at1),
    recall10at10: mean((one) => one.recall10at10),
    parameters: outcomes[0]!.parameters,
    heldOutError: outcomes[0]!.heldOutError === undefined ? undefined : mean((one) => one.heldOutError!),
    seconds: mean((one) => one.seconds),
  };
}

/** The default comes first, because all others stand beside it. @throws {RangeError} for a name that is none */
function chosenNames(): AblationName[] {
  const asked = values.only?.split(',').map((name) => name.trim());
  for (const name of asked ?? []) {
    if (!(ABLATIONS as readonly string[]).includes(name)) {
      throw new RangeError(`ablations: expected --only of ${ABLATIONS.join(', ')}, got ${name}.`);
    }
  }
  return ABLATIONS.filter((name) => name === 'default' || !asked || asked.includes(name));
}

function tableOf(outcomes: ReadonlyMap<string, readonly Outcome[]>): string {
  const ours = meanOf(outcomes.get('default')!);
  const beside = (value: number, other: number, digits: number) =>
    value === other ? '' : `${value > other ? '+' : ''}${(value - other).toFixed(digits)}`;
  const rows = [...outcomes].map(([name, all]) => {
    const one = meanOf(all);
    const spread = all.map(({ recall10at10 }) => recall10at10);
    return [
      name,
      one.recall1at1.toFixed(1),
      beside(one.recall1at1, ours.recall1at1, 1),
      one.recall10at10.toFixed(2),
      beside(one.recall10at10, ours.recall10at10, 2),
      (Math.max(...spread) - Math.min(...spread)).toFixed(2),
      one.heldOutError?.toFixed(4) ?? '',
      one.parameters.toLocaleString('en'),
      one.seconds.toFixed(1),
    ];
  });
  return textTable([
    ['', '1@1', '- default', '10@10', '- default', 'spread', 'held-out error', 'numbers in the model', 'CPU s'],
    ...rows,
  ]);
}

async function compare(folder: string): Promise<void> {
  const data = await readFolder(folder);
  const names = chosenNames();
  const seeds = values.seeds.split(',');
  const outcomes = new Map<string, readonly Outcome[]>();
  outcomes.set('PCA', [
    await measured(data, async () => trainPca(data.base, { dOut: data.base.cols / factor, backend })),
  ]);
  for (const name of names) {
    const all: Outcome[] = [];
    for (const seed of seeds) {
      console.error(`${name}, seed ${seed}`);
      all.push(await measured(data, () => train(data, name, seed)));
    }
    outcomes.set(name, all);
  }
  const budget = `${Number(values.samples).toLocaleString('en')} samples, seeds ${seeds.join(', ')}`;
  console.log(machine());
  console.log(
    `${data.name}: ${data.base.rows} x ${data.base.cols} at ${factor}x, ${data.query.rows} queries, ${budget}\n`,
  );
  console.log(tableOf(outcomes));
  if (values.out === undefined) return;
  const figures: AblationFigures[] = names.map((name) => {
    const { recall1at1, recall10at10, parameters } = meanOf(outcomes.get(name)!);
    return { name, recall1at1, recall10at10, parameters };
  });
  const digest = `${digestMatrix(data.base)} ${digestMatrix(data.query)}`;
  const kept = { data: digest, rows: data.base.rows, samples: Number(values.samples), factor, seeds, figures };
  await writeAtomically(values.out, (write) =>
    write(new TextEncoder().encode(`${JSON.stringify(kept, undefined, 1)}\n`)),
  );
}

const folder = positionals[0] ?? DEFAULT_FOLDER;
if (existsSync(folder)) await compare(folder);
else console.log(`skip: ${folder} is absent; give a folder with a data set`);
