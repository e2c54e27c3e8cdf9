import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { PRESETS } from '../../compress/cnt/presets.ts';
import { leastTrainableRows } from '../../compress/training/choices.ts';
import { writeAtomically } from '../../io/file/atomic-file.ts';
import { createFolder } from '../../io/file/folder.ts';
import type { TrainingCurve } from '../../report/paper-charts.ts';
import { ABLATIONS, type AblationName, type Ledger } from '../claims/ledger.ts';
import { Experiment } from '../experiment/experiment.ts';
import { DEMO, type ExperimentData, generatedData, readData } from '../experiment/experiment-data.ts';
import { StepStore } from '../experiment/step-store.ts';
import type { MicroscopeReading } from '../page/microscope.ts';
import { readTrainings } from '../page/search-curves.ts';
import type { RunContext } from '../run-context.ts';
import { figure3 } from '../tables/figure-3.ts';
import { finishedTables, MEASURED, type MeasuredTable, measureTable, requireTable } from '../tables/measure-table.ts';
import { ledgerOf, readNeighborhoods, runReport } from './run-report.ts';
import { markdown, plainText, RULES } from './run-text.ts';
import { BUDGET, type Scale } from './scale.ts';

/** `all` is everything that the paper has; the ablations are what it left to future work. */
export const TARGETS = [...MEASURED, 'figure3', 'all'] as const;
export type Target = (typeof TARGETS)[number];

/** Every table trains a network, with the batches of the default preset. */
const LEAST_ROWS = leastTrainableRows(PRESETS.default.batch);

export interface ReproduceOptions {
  /** A folder with base, queries and truth; needed but for the demo scale and figure3. */
  readonly data?: string;
  readonly scale: Scale;
  /** The folder for results, created if it is not there. */
  readonly out: string;
  readonly resume: boolean;
  readonly seed: number;
  /** The first rows of the base only; by default as the scale says. */
  readonly limit?: number;
  /** Training samples; by default as the scale says. */
  readonly samples?: number;
  /** Only this compression factor in Table 1, instead of 2 and 4. */
  readonly factor?: number;
  /** Seeds of each ablation, from `seed` on; by default as the scale says. */
  readonly seeds?: number;
  /** Only this ablation. */
  readonly only?: AblationName;
}

/** What a person reads, what a program reads, and the files that hold both. */
export interface Reproduction {
  readonly lines: readonly string[];
  readonly report: Record<string, unknown>;
  readonly files: readonly string[];
}

/**
 * Measures the tables and figures of the paper and sets them beside the printed ones.
 *
 * @throws {RangeError} if options contradict each other or the data does not fit
 * @throws {FileError} if data cannot be read or results cannot be written
 */
export async function reproduce(target: Target, options: ReproduceOptions, context: RunContext): Promise<Reproduction> {
  await createFolder(options.out);
  const files: string[] = [];
  const save = async (name: string, text: string): Promise<void> => {
    const path = join(options.out, name);
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
    files.push(path);
  };
  const drawn = target === 'figure3' || target === 'all' ? figure3() : undefined;
  const run = target === 'figure3' ? undefined : await measureRun(target, options, context);
  const report = {
    target,
    ...options,
    machine: machine(context),
    ...run?.facts,
    cells: Object.fromEntries((run?.tables ?? []).map(({ name, cells }) => [name, cells])),
    measured: Object.assign(
      {},
      ...(run?.tables ?? []).map(({ measured }) => measured),
      drawn && { figure3: drawn.curve },
    ),
    ...(run && { claims: run.ledger }),
  };
  if (run) {
    const facts = Object.entries({ ...options, ...run.facts, ...machine(context) });
    const page = { ...run, rules: RULES, figure3: drawn?.svg };
    await save(`${target}.html`, runReport({ ...page, facts: facts.map(([name, value]) => [name, String(value)]) }));
  }
  if (drawn) await save(FIGURE_3, drawn.svg);
  const texts = { tables: run?.tables ?? [], figure3: drawn && FIGURE_3, ledger: run?.ledger };
  await save(`${target}.md`, markdown(texts));
  await save(`${target}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  return { lines: [...plainText(texts), `written: ${files.join(', ')}`], report, files };
}

const FIGURE_3 = 'figure3.svg';

/** What one run measured. */
interface Run {
  readonly experiment: Experiment;
  readonly tables: readonly MeasuredTable[];
  readonly readings: readonly MicroscopeReading[];
  readonly trainings: readonly TrainingCurve[];
  readonly ledger: Ledger;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** All tables that the target asks for; what does not fit the data is refused before any work. */
async function measureRun(target: Target, options: ReproduceOptions, context: RunContext): Promise<Run> {
  const data = await openData(options, context);
  const budget = BUDGET[options.scale];
  const samples = options.samples ?? budget.samples;
  const store = new StepStore(options.out, options.resume);
  const experiment = new Experiment(data, context, store, { seed: options.seed, samples });
  const choices = {
    ...budget,
    factors: options.factor === undefined ? [2, 4] : [options.factor],
    seeds: options.seeds ?? budget.seeds,
    names: options.only === undefined ? ABLATIONS : [options.only],
  };
  const names = MEASURED.filter((name) => target === name || (target === 'all' && name !== 'ablations'));
  for (const name of names) requireTable(name, experiment, choices);
  const tables: MeasuredTable[] = [];
  for (const name of names) tables.push(await measureTable(name, experiment, choices));
  if (target === 'all') tables.push(...(await finishedTables(experiment)));
  const readings = target === 'all' ? await readNeighborhoods(experiment) : [];
  const facts = { dataset: data.name, dataDigest: data.digest, rows: data.base.rows, samples };
  const trainings = await readTrainings(experiment);
  return { experiment, tables, readings, trainings, ledger: ledgerOf(experiment, tables), facts };
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

function machine({ ranOn }: RunContext): Record<string, string | number> {
  return { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), ranOn };
}
