import { METHODS } from '../../compress/methods.ts';
import { htmlPage } from '../../report/html-page.ts';
import type { TrainingCurve } from '../../report/paper-charts.ts';
import { type Ledger, ledger, type Measured } from '../claims/ledger.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type MicroscopeReading, microscope } from '../page/microscope.ts';
import { reportPage } from '../page/report-page.ts';
import { codeSearches, graphSearches } from '../page/search-curves.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import type { MeasuredTable } from '../tables/measure-table.ts';
import type { Table1Result } from '../tables/table-1.ts';
import type { Table2Result } from '../tables/table-2.ts';

/** What the page of a run is made of. */
export interface FinishedRun {
  readonly experiment: Experiment;
  readonly tables: readonly MeasuredTable[];
  /** How verdicts are given. */
  readonly rules: string;
  /** Figure 3 as an SVG document, if it was drawn. */
  readonly figure3: string | undefined;
  readonly readings: readonly MicroscopeReading[];
  readonly trainings: readonly TrainingCurve[];
  readonly ledger: Ledger;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The methods of Table 4 under the microscope; kept like every finished step. */
export function readNeighborhoods(experiment: Experiment): Promise<readonly MicroscopeReading[]> {
  return experiment.store.result(experiment.key({ step: 'microscope' }), async () => {
    const { data, seed, context } = experiment;
    const versions = [];
    for (const name of ['srp', 'pca', 'vae', 'linear', 'cnt'] as const) {
      const { base, query } = await experiment.compressed(name, COMPRESSION_FACTOR);
      versions.push({ name: METHODS[name].label, base, query });
    }
    return microscope(data, data.truth, versions, { seed, backend: context.backend });
  });
}

function figuresOf({ data }: Experiment, tables: readonly MeasuredTable[]): Measured {
  const found: Record<string, unknown> = Object.assign({}, ...tables.map(({ measured }) => measured));
  return {
    comparedWith: data.comparedWith,
    rows: data.base.rows,
    hnsw: found['table1'],
    nsg: found['table1Nsg'],
    codes: found['table2'],
    scalar: found['table3'],
    compression: found['table4'],
    ablations: found['ablations'],
  } as Measured;
}

/** The claims of the paper, judged by the tables of a run. */
export function ledgerOf(experiment: Experiment, tables: readonly MeasuredTable[]): Ledger {
  return ledger(figuresOf(experiment, tables));
}

const GRAPHS = [
  ['HNSW', 'table1'],
  ['NSG', 'table1Nsg'],
] as const;

/** The report of a run as one HTML page: tables, charts, microscope, ledger of claims, and how it was made. */
export function runReport(run: FinishedRun): string {
  const { experiment, tables, rules, figure3, readings, trainings, ledger: judged, facts } = run;
  const { data } = experiment;
  const samples = experiment.samples.toLocaleString('en');
  const found: Record<string, unknown> = Object.assign({}, ...tables.map(({ measured }) => measured));
  return htmlPage(
    reportPage({
      title: `Compression Network with Transformer: the paper beside ${data.name}`,
      lead: [`Figures of ${data.caption}. Networks are trained on ${samples} samples.`, rules],
      tables: tables.map(({ title, cells, note, more }) => ({ title, figures: cells, note, more })),
      searches: [
        ...GRAPHS.flatMap(([kind, name]) => (found[name] ? [graphSearches(kind, found[name] as Table1Result[])] : [])),
        ...codeSearches((found['table2'] ?? []) as Table2Result[]),
      ],
      trainings,
      codes: figuresOf(experiment, tables).codes,
      figure3,
      readings,
      ledger: judged,
      facts,
    }),
  );
}
