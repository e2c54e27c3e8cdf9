import type { Table } from '../../report/table.ts';
import { ABLATION_NOTE, ablationTable } from '../ablations/ablation-table.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import type { Cell } from './cell.ts';
import type { Figures, MeasuredName } from './figures.ts';
import { table1Cells, table1Counts } from './table-1.ts';
import { table2Cells, table2Counts, table2Sweep } from './table-2.ts';
import { table3Cells, table3Counts } from './table-3.ts';
import { table4Cells } from './table-4.ts';

/** The figures of one table, to be printed beside the paper's. */
export interface ComparedTable {
  readonly name: MeasuredName;
  readonly title: string;
  /** None of ablations, which the paper does not have. */
  readonly cells: readonly Cell[];
  /** What its columns mean, where the paper has none like them. */
  readonly note?: string;
  /** What cannot stand beside the paper: counts, sweeps. */
  readonly more: readonly Table[];
}

/** The tables of all figures that were measured. */
export function comparedTables(experiment: Experiment, figures: Figures): ComparedTable[] {
  const { caption } = experiment.data;
  const { table1, table1Nsg, table2, table3, table4, ablations } = figures;
  const tables: ComparedTable[] = [];
  if (table1 && table1Nsg) {
    tables.push({
      name: 'table1',
      title: `Table 1, HNSW and NSG: ${caption}`,
      cells: [...table1Cells(experiment, table1), ...table1Cells(experiment, table1Nsg, 'NSG')],
      more: [table1Counts(table1), table1Counts(table1Nsg)],
    });
  }
  if (table2) {
    tables.push({
      name: 'table2',
      title: `Table 2, ${COMPRESSION_FACTOR}x before quantization: ${caption}`,
      cells: table2Cells(experiment, table2),
      more: [table2Sweep(table2), table2Counts(table2)],
    });
  }
  if (table3) {
    tables.push({
      name: 'table3',
      title: `Table 3, ${COMPRESSION_FACTOR}x and SQ8: ${caption}`,
      cells: table3Cells(experiment, table3),
      more: [table3Counts(table3)],
    });
  }
  if (table4) {
    tables.push({
      name: 'table4',
      title: `Table 4, ${COMPRESSION_FACTOR}x: ${caption}`,
      cells: table4Cells(experiment, table4),
      more: [],
    });
  }
  if (ablations) {
    const samples = experiment.samples.toLocaleString('en');
    tables.push({
      name: 'ablations',
      title: `Ablations, ${COMPRESSION_FACTOR}x, ${samples} training samples: ${caption}`,
      cells: [],
      note: ABLATION_NOTE,
      more: [ablationTable(ablations)],
    });
  }
  return tables;
}
