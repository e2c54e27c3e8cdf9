import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { leastTrainableRows } from '../compress/training/choices.ts';
import { PRESETS } from '../compress/training/presets.ts';
import { writeAtomically } from '../io/atomic-file.ts';
import { createFolder } from '../io/folder.ts';
import { markdownTable, type Table, textTable } from '../report/table.ts';
import { type Cell, cellTable, RATIO_TOLERANCE, RECALL_TOLERANCE } from './cell.ts';
import { Experiment, type Surroundings } from './experiment.ts';
import { DEMO, type ExperimentData, generatedData, readData } from './experiment-data.ts';
import { figure3 } from './figure-3.ts';
import { type MeasuredTable, measureTable, requireTable, TABLES } from './measure-table.ts';
import { readNeighborhoods, runReport } from './run-report.ts';
import { StepStore } from './step-store.ts';

export const TARGETS = [...TABLES, 'figure3', 'all'] as const;
export type Target = (typeof TARGETS)[number];

/** How much is computed: generated data in minutes, the first 20,000 rows of a data set, or all of it. */
export const SCALES = ['demo', 'small', 'full'] as const;
export type Scale = (typeof SCALES)[number];

interface Budget {
  /** Rows used at most. */
  readonly limit?: number;
  /** Rows that pass through a network in training. */
  readonly samples: number;
  /** Repetitions of a search. */
  readonly repetitions: number;
  /** Rounds of learning rotation and weights of L&C. */
  readonly rotationRounds: number;
  readonly regressionRounds: number;
}

const BUDGET: Record<Scale, Budget> = {
  demo: { samples: 64_000, repetitions: 3, rotationRounds: 2, regressionRounds: 3 },
  small: { limit: 20_000, samples: 256_000, repetitions: 5, rotationRounds: 20, regressionRounds: 10 },
  full: { samples: 640_000, repetitions: 20, rotationRounds: 50, regressionRounds: 10 },
};

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
}

/** What a person reads, what a program reads, and the files that hold both. */
export interface Reproduction {
  readonly lines: readonly string[];
  readonly report: Record<string, unknown>;
  readonly files: readonly string[];
}

interface Section {
  readonly title: string;
  readonly tables: readonly Table[];
  /** A file beside the report. */
  readonly image?: string;
}

/**
 * Measures the tables and figures of the paper and sets them beside the printed ones.
 *
 * @throws {RangeError} if options contradict each other or the data does not fit
 * @throws {FileError} if data cannot be read or results cannot be written
 */
export async function reproduce(
  target: Target,
  options: ReproduceOptions,
  around: Surroundings,
): Promise<Reproduction> {
  await createFolder(options.out);
  const files: string[] = [];
  const save = async (name: string, text: string): Promise<void> => {
    const path = join(options.out, name);
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
    files.push(path);
  };
  const sections: Section[] = [];
  const cells: Record<string, readonly Cell[]> = {};
  const measured: Record<string, unknown> = {};
  const report: Record<string, unknown> = { target, ...options, machine: machine(around), cells, measured };
  const drawn = target === 'figure3' || target === 'all' ? figure3() : undefined;
  if (target !== 'figure3') {
    const data = await openData(options, around);
    const budget = BUDGET[options.scale];
    const samples = options.samples ?? budget.samples;
    const experiment = new Experiment(data, around, new StepStore(options.out, options.resume), {
      seed: options.seed,
      samples,
    });
    Object.assign(report, { dataset: data.name, dataDigest: data.digest, rows: data.base.rows, samples });
    const choices = { factors: options.factor === undefined ? [2, 4] : [options.factor], ...budget };
    const tables = TABLES.filter((name) => target === 'all' || target === name);
    for (const name of tables) requireTable(name, experiment, choices);
    const finished: MeasuredTable[] = [];
    for (const name of tables) {
      const table = await measureTable(name, experiment, choices);
      finished.push(table);
      cells[name] = table.cells;
      Object.assign(measured, table.measured);
      sections.push({ title: table.title, tables: [cellTable(table.cells), ...table.more] });
    }
    const readings = target === 'all' ? await readNeighborhoods(experiment) : [];
    const facts = Object.entries({ ...options, samples, dataDigest: data.digest, ...machine(around) });
    const page = { experiment, tables: finished, rules: RULES, figure3: drawn?.svg, readings };
    await save(`${target}.html`, runReport({ ...page, facts: facts.map(([name, value]) => [name, String(value)]) }));
  }
  if (drawn) {
    await save('figure3.svg', drawn.svg);
    measured['figure3'] = drawn.curve;
    sections.push({ title: 'Figure 3: weight of a pair in the INRP loss', tables: [], image: 'figure3.svg' });
  }
  await save(`${target}.md`, markdown(sections));
  await save(`${target}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  return { lines: [...plainText(sections), `written: ${files.join(', ')}`], report, files };
}

async function openData(options: ReproduceOptions, around: Surroundings): Promise<ExperimentData> {
  if (options.data === undefined) {
    if (options.scale !== 'demo') {
      throw new RangeError(`reproduce: expected --data DIR at scale ${options.scale}, got none.`);
    }
    around.note(`generating ${DEMO.rows.toLocaleString('en')} vectors of ${DEMO.dim} dimensions`);
    return generatedData(options.seed, around.backend);
  }
  const rows = { limit: options.limit, most: BUDGET[options.scale].limit, least: LEAST_ROWS };
  const progress = around.progress('computing true neighbors');
  const data = await readData(options.data, rows, around.backend, progress.update);
  progress.end();
  return data;
}

function machine({ ranOn }: Surroundings): Record<string, string | number> {
  return { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), ranOn };
}

const RULES =
  `A recall agrees within ${RECALL_TOLERANCE} point, a share of a cost within ${RATIO_TOLERANCE}. ` +
  'Seconds are processor time of one thread; those of different machines are not compared, the counts are the same on every machine.';

function rules(sections: readonly Section[]): string[] {
  return sections.some(({ tables }) => tables.length > 0) ? [RULES] : [];
}

function plainText(sections: readonly Section[]): string[] {
  const body = sections.flatMap(({ title, tables }) => [
    title,
    '',
    ...tables.flatMap((table) => [textTable(table), '']),
  ]);
  return [...body, ...rules(sections)];
}

function markdown(sections: readonly Section[]): string {
  const parts = sections.map(({ title, tables, image }) => {
    const drawing = image === undefined ? [] : [`![${title}](${image})`];
    return [`## ${title}`, ...tables.map(markdownTable), ...drawing].join('\n\n');
  });
  return `${[...parts, ...rules(sections)].join('\n\n')}\n`;
}
