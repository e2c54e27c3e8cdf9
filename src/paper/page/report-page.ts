import { METHODS } from '../../compress/methods.ts';
import type { ComparedFigure, Page, PageChart, PageSection } from '../../report/page.ts';
import {
  bytesChart,
  costChart,
  type SearchCurve,
  speedChart,
  type TrainingCurve,
  trainingChart,
} from '../../report/paper-charts.ts';
import type { Measured } from '../claims/claim.ts';
import { type Ledger, ledgerBlocks } from '../claims/ledger.ts';
import { codecName } from '../methods/method.ts';
import type { ComparedTable } from '../tables/compared-tables.ts';
import type { MicroscopeReading } from './microscope.ts';
import { microscopeBlocks } from './microscope-report.ts';

/** Sweeps that are comparable with each other: two charts, by time and by count. */
export interface SearchFamily {
  /** What is searched. */
  readonly what: string;
  /** Of the recall: `10@10`. */
  readonly measure: string;
  /** Of the counts: `distances a query`. */
  readonly unit: string;
  /** What varies along a curve. */
  readonly caption: string;
  readonly curves: readonly SearchCurve[];
}

/** What a run measured, for the page; parts that are absent or empty leave no trace. */
export interface ReportParts {
  readonly title: string;
  readonly lead: readonly string[];
  readonly tables: readonly ComparedTable[];
  readonly codes?: Measured['table2'];
  readonly searches?: readonly SearchFamily[];
  readonly trainings?: readonly TrainingCurve[];
  /** Figure 3 as an SVG document. */
  readonly figure3?: string | undefined;
  readonly readings?: readonly MicroscopeReading[];
  readonly ledger: Ledger;
  /** Parameters, seed, digests, machine. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The report of a run: tables beside the paper's, charts, microscope, ledger, and how it was made. */
export function reportPage(parts: ReportParts): Page {
  const { title, lead, tables, figure3, readings = [], ledger, facts } = parts;
  const sections: PageSection[] = tables.map(tableSection);
  const charted = (title: string, charts: readonly PageChart[]) => {
    if (charts.length > 0) sections.push({ title, blocks: [{ kind: 'charts', charts }] });
  };
  charted('Recall against cost', [...searchCharts(parts), ...bytesCharts(parts)]);
  charted('Training', trainingCharts(parts));
  charted('Figure 3', figure3 === undefined ? [] : [{ svg: figure3 }]);
  if (readings.length > 0) {
    sections.push({
      title: 'Microscope: what compression keeps of the neighborhood',
      blocks: microscopeBlocks(readings),
    });
  }
  sections.push({ title: 'Claims of the paper', blocks: ledgerBlocks(ledger) });
  sections.push({ title: 'How this was made', blocks: [{ kind: 'facts', facts }] });
  return { title, lead, sections };
}

const CAPTION = 'ours; below it the paper and (difference); ✓ agrees, ≠ differs';

function tableSection({ title, cells, note, more }: ComparedTable): PageSection {
  const comparisons = byGraph(cells).map(({ graph, figures: some }) => {
    return { kind: 'comparison', figures: some, caption: `${graph}${CAPTION}` } as const;
  });
  const words = note === undefined ? [] : [{ kind: 'text', text: note } as const];
  return { title, blocks: [...words, ...comparisons, ...more.map((table) => ({ kind: 'table', table }) as const)] };
}

/** The columns of NSG, whose names say so, beneath the others: side by side they are wider than a screen. */
function byGraph(figures: readonly ComparedFigure[]): { graph: string; figures: readonly ComparedFigure[] }[] {
  const nsg = figures.filter(({ column }) => column.startsWith('NSG '));
  if (nsg.length === 0) return figures.length > 0 ? [{ graph: '', figures }] : [];
  return [
    { graph: 'HNSW: ', figures: figures.filter((figure) => !nsg.includes(figure)) },
    { graph: 'NSG: ', figures: nsg.map((figure) => ({ ...figure, column: figure.column.slice('NSG '.length) })) },
  ].filter((part) => part.figures.length > 0);
}

function searchCharts({ searches = [] }: ReportParts): PageChart[] {
  return searches
    .filter(({ curves }) => curves.some(({ points }) => points.length > 0))
    .flatMap(({ what, measure, unit, caption, curves }) => [
      { svg: speedChart(curves, what, measure), caption: `${caption} Processor time of one thread of this machine.` },
      { svg: costChart(curves, what, measure, unit), caption: `${caption} The same on every machine.` },
    ]);
}

function bytesCharts({ codes = [] }: ReportParts): PageChart[] {
  if (codes.length === 0) return [];
  const points = codes.map(({ method, codec, bytes, recall1at1 }) => {
    return { name: codecName(method, codec), bytes, recall: recall1at1 };
  });
  return [{ svg: bytesChart(points, '1@1') }];
}

function trainingCharts({ trainings = [] }: ReportParts): PageChart[] {
  const curves = trainings.filter(({ history }) => history.length > 0);
  const caption = 'Held-out rows as queries among training rows, as the training recorded them.';
  const charts = (['nearest', 'tenNearest'] as const).map((figure) => ({ figure, curves }));
  // The error of others is of another kind: of a reconstruction, of triplets.
  const distances = curves.filter(({ name }) => name === METHODS.cnt.label || name === METHODS.linear.label);
  return [...charts, { figure: 'heldOutError' as const, curves: distances }]
    .filter((chart) => chart.curves.length > 0)
    .map((chart) => ({ svg: trainingChart(chart.curves, chart.figure), caption }));
}
