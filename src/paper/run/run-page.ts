import { htmlPage } from '../../report/html-page.ts';
import { codeSearches, graphSearches } from '../page/curves.ts';
import { reportPage } from '../page/report-page.ts';
import type { Run } from './measure-run.ts';
import { RULES } from './run-text.ts';

/**
 * A run as one HTML page: tables, charts, microscope, ledger of claims, and how it was made.
 *
 * @param figure3 an SVG document, if it was drawn
 * @param facts options, data and machine
 */
export function runPage(run: Run, figure3: string | undefined, facts: readonly (readonly [string, string])[]): string {
  const { experiment, figures, tables, readings, trainings, ledger } = run;
  const { data } = experiment;
  const { table1, table1Nsg, table2 = [] } = figures;
  const samples = experiment.samples.toLocaleString('en');
  return htmlPage(
    reportPage({
      title: `Compression Network with Transformer: the paper beside ${data.name}`,
      lead: [`Figures of ${data.caption}. Networks are trained on ${samples} samples.`, RULES],
      tables,
      searches: [
        ...(table1 ? [graphSearches('HNSW', table1)] : []),
        ...(table1Nsg ? [graphSearches('NSG', table1Nsg)] : []),
        ...codeSearches(table2),
      ],
      trainings,
      codes: table2,
      figure3,
      readings,
      ledger,
      facts,
    }),
  );
}
