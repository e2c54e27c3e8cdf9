import { type AblationChoices, type AblationResult, measureAblations } from '../ablations/ablations.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import { measureTable1, type Table1Result } from './table-1.ts';
import { measureTable2, type Table2Choices, type Table2Result, table2Bytes } from './table-2.ts';
import { measureTable3, type Table3Result } from './table-3.ts';
import { measureTable4, type Table4Result } from './table-4.ts';

/** The tables of the paper, and the ablations that it left to future work. */
export const MEASURED = ['table1', 'table2', 'table3', 'table4', 'ablations'] as const;
export type MeasuredName = (typeof MEASURED)[number];

/** All figures of a run, under the names that its report gives them; what was not measured is absent. */
export interface Figures {
  table1?: readonly Table1Result[];
  table1Nsg?: readonly Table1Result[];
  table2?: readonly Table2Result[];
  table3?: readonly Table3Result[];
  table4?: readonly Table4Result[];
  ablations?: readonly AblationResult[];
}

/** What varies within a table. */
export interface FigureChoices extends Table2Choices, AblationChoices {
  /** Compression factors of Table 1. */
  readonly factors: readonly number[];
}

/**
 * Measures what is named; what tables share is made once for the experiment.
 *
 * @throws {RangeError} if the data does not fit a table, before any work
 */
export async function measureFigures(
  names: readonly MeasuredName[],
  experiment: Experiment,
  choices: FigureChoices,
): Promise<Figures> {
  const { factors, repetitions } = choices;
  for (const name of names) requireFit(name, experiment, factors);
  const figures: Figures = {};
  if (names.includes('table1')) {
    figures.table1 = await measureTable1(experiment, factors, repetitions);
    figures.table1Nsg = await measureTable1(experiment, factors, repetitions, 'NSG');
  }
  if (names.includes('table2')) figures.table2 = await measureTable2(experiment, choices);
  if (names.includes('table3')) figures.table3 = await measureTable3(experiment);
  if (names.includes('table4')) figures.table4 = await measureTable4(experiment);
  if (names.includes('ablations')) figures.ablations = await measureAblations(experiment, choices);
  return figures;
}

function requireFit(name: MeasuredName, experiment: Experiment, factors: readonly number[]): void {
  for (const factor of name === 'table1' ? factors : [COMPRESSION_FACTOR]) experiment.requireFactor(factor);
  if (name === 'table2') table2Bytes(experiment);
}
