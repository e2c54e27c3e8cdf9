import { PRESETS } from '../../compress/cnt/training/presets.ts';
import { METHODS } from '../../compress/methods.ts';
import { leastTrainableRows } from '../../compress/training/settings.ts';
import type { TrainingCurve } from '../../report/paper-charts.ts';
import { ABLATIONS, finishedAblations } from '../ablations/ablations.ts';
import { type Ledger, ledger } from '../claims/ledger.ts';
import { Experiment } from '../experiment/experiment.ts';
import { DEMO, type ExperimentData, generatedData, readData } from '../experiment/experiment-data.ts';
import { list } from '../experiment/json-form.ts';
import { StepStore } from '../experiment/step-store.ts';
import { readTrainings } from '../page/curves.ts';
import { type MicroscopeReading, microscope, microscopeReading } from '../page/microscope.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import type { RunContext } from '../run-context.ts';
import { type ComparedTable, comparedTables } from '../tables/compared-tables.ts';
import { type Figures, MEASURED, measureFigures } from '../tables/figures.ts';
import type { ReproduceOptions, Target } from './options.ts';
import { BUDGET } from './scale.ts';

/** Every table trains a network, with the batches of the default preset. */
const LEAST_ROWS = leastTrainableRows(PRESETS.default.batch);

/** What a run was made of. */
export interface RunFacts {
  readonly dataset: string;
  readonly dataDigest: string;
  readonly rows: number;
  /** Rows that passed through a network in training. */
  readonly samples: number;
}

/** What one run measured, and what follows from it. */
export interface Run {
  readonly experiment: Experiment;
  readonly figures: Figures;
  readonly tables: readonly ComparedTable[];
  readonly readings: readonly MicroscopeReading[];
  readonly trainings: readonly TrainingCurve[];
  readonly ledger: Ledger;
  readonly facts: RunFacts;
}

/**
 * Measures all that the target asks for. `all` also takes the ablations that other runs left in the folder.
 *
 * @throws {RangeError} if options contradict each other or the data does not fit, before any work
 */
export async function measureRun(target: Target, options: ReproduceOptions, context: RunContext): Promise<Run> {
  const data = await openData(options, context);
  const budget = BUDGET[options.scale];
  const samples = options.samples ?? budget.samples;
  const store = new StepStore(options.out, options.resume, context);
  const experiment = new Experiment(data, context, store, { seed: options.seed, samples });
  const names = MEASURED.filter((name) => target === name || (target === 'all' && name !== 'ablations'));
  const figures = await measureFigures(names, experiment, {
    ...budget,
    factors: options.factor === undefined ? [2, 4] : [options.factor],
    seeds: options.seeds ?? budget.seeds,
    names: options.only === undefined ? ABLATIONS : [options.only],
  });
  if (target === 'all') {
    const finished = await finishedAblations(experiment);
    if (finished.length > 0) figures.ablations = finished;
  }
  return {
    experiment,
    figures,
    tables: comparedTables(experiment, figures),
    readings: target === 'all' ? await readNeighborhoods(experiment) : [],
    trainings: await readTrainings(experiment),
    ledger: ledger({ comparedWith: data.comparedWith, rows: data.base.rows, ...figures }),
    facts: { dataset: data.name, dataDigest: data.digest, rows: data.base.rows, samples },
  };
}

/** The methods of Table 4 under the microscope; kept like every finished step. */
function readNeighborhoods(experiment: Experiment): Promise<readonly MicroscopeReading[]> {
  return experiment.store.result(experiment.key({ step: 'microscope' }), list(microscopeReading), async () => {
    const { data, seed, context } = experiment;
    const versions = [];
    for (const name of ['srp', 'pca', 'vae', 'linear', 'cnt'] as const) {
      const { base, query } = await experiment.compressed(name, COMPRESSION_FACTOR);
      versions.push({ name: METHODS[name].label, base, query });
    }
    return microscope(data, data.truth, versions, { seed, backend: context.backend });
  });
}

async function openData(options: ReproduceOptions, context: RunContext): Promise<ExperimentData> {
  if (options.data === undefined) {
    if (options.scale !== 'demo') {
      throw new RangeError(`reproduce: expected --data DIR at scale ${options.scale}, got none.`);
    }
    context.note(`generating ${DEMO.rows.toLocaleString('en')} vectors of ${DEMO.dim} dimensions`);
    return generatedData(options.seed, context.backend);
  }
  const rows = { limit: options.limit, most: BUDGET[options.scale].limit, least: LEAST_ROWS };
  const progress = context.progress('computing true neighbors');
  const data = await readData(options.data, rows, context.backend, progress.update);
  progress.end();
  return data;
}
