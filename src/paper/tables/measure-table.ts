import type { Table } from '../../report/table.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import {
  ABLATION_NOTE,
  type AblationChoices,
  type AblationResult,
  ablationTable,
  finishedAblations,
  measureAblations,
} from './ablations.ts';
import type { Cell } from './cell.ts';
import { measureTable1, table1Cells, table1Counts } from './table-1.ts';
import { measureTable2, type Table2Choices, table2Bytes, table2Cells, table2Counts, table2Sweep } from './table-2.ts';
import { measureTable3, table3Cells, table3Counts } from './table-3.ts';
import { measureTable4, table4Cells } from './table-4.ts';

/** The tables of the paper, and the ablations that it left to future work. */
export const MEASURED = ['table1', 'table2', 'table3', 'table4', 'ablations'] as const;
export type MeasuredName = (typeof MEASURED)[number];

/** What varies within a table. */
export interface TableChoices extends Table2Choices, AblationChoices {
  /** Compression factors of Table 1. */
  readonly factors: readonly number[];
}

/** A table as measured here. */
export interface MeasuredTable {
  readonly name: MeasuredName;
  readonly title: string;
  /** Beside the paper's; none of ablations. */
  readonly cells: readonly Cell[];
  /** What its columns mean, where the paper has none like them. */
  readonly note?: string;
  /** What cannot stand beside the paper. */
  readonly more: readonly Table[];
  /** All figures, under the names that the report gives them. */
  readonly measured: Readonly<Record<string, unknown>>;
}

/** @throws {RangeError} if the data does not fit the table, before any work */
export function requireTable(name: MeasuredName, experiment: Experiment, { factors }: TableChoices): void {
  for (const factor of name === 'table1' ? factors : [COMPRESSION_FACTOR]) experiment.requireFactor(factor);
  if (name === 'table2') table2Bytes(experiment);
}

/** Measures one table; what it shares with others is made once for the experiment. */
export function measureTable(
  name: MeasuredName,
  experiment: Experiment,
  choices: TableChoices,
): Promise<MeasuredTable> {
  return MEASURE[name](experiment, choices);
}

const MEASURE: Record<MeasuredName, (experiment: Experiment, choices: TableChoices) => Promise<MeasuredTable>> = {
  async table1(experiment, { factors, repetitions }) {
    const hnsw = await measureTable1(experiment, factors, repetitions);
    const nsg = await measureTable1(experiment, factors, repetitions, 'NSG');
    return {
      name: 'table1',
      title: `Table 1, HNSW and NSG: ${experiment.data.caption}`,
      cells: [...table1Cells(experiment, hnsw), ...table1Cells(experiment, nsg, 'NSG')],
      more: [table1Counts(hnsw), table1Counts(nsg)],
      measured: { table1: hnsw, table1Nsg: nsg },
    };
  },
  async table2(experiment, choices) {
    const rows = await measureTable2(experiment, choices);
    return {
      name: 'table2',
      title: `Table 2, ${COMPRESSION_FACTOR}x before quantization: ${experiment.data.caption}`,
      cells: table2Cells(experiment, rows),
      more: [table2Sweep(rows), table2Counts(rows)],
      measured: { table2: rows },
    };
  },
  async table3(experiment) {
    const rows = await measureTable3(experiment);
    return {
      name: 'table3',
      title: `Table 3, ${COMPRESSION_FACTOR}x and SQ8: ${experiment.data.caption}`,
      cells: table3Cells(experiment, rows),
      more: [table3Counts(rows)],
      measured: { table3: rows },
    };
  },
  async table4(experiment) {
    const rows = await measureTable4(experiment);
    return {
      name: 'table4',
      title: `Table 4, ${COMPRESSION_FACTOR}x: ${experiment.data.caption}`,
      cells: table4Cells(experiment, rows),
      more: [],
      measured: { table4: rows },
    };
  },
  async ablations(experiment, choices) {
    return ablationsTable(experiment, await measureAblations(experiment, choices));
  },
};

/** What other runs left in the folder that the paper does not have: ablations. */
export async function finishedTables(experiment: Experiment): Promise<MeasuredTable[]> {
  const results = await finishedAblations(experiment);
  return results.length > 0 ? [ablationsTable(experiment, results)] : [];
}

function ablationsTable(experiment: Experiment, results: readonly AblationResult[]): MeasuredTable {
  const { caption } = experiment.data;
  return {
    name: 'ablations',
    title: `Ablations, ${COMPRESSION_FACTOR}x, ${experiment.samples.toLocaleString('en')} training samples: ${caption}`,
    cells: [],
    note: ABLATION_NOTE,
    more: [ablationTable(results)],
    measured: { ablations: results },
  };
}
