import type { ComparedFigure, Page, PageChart, PageSection } from '../report/page.ts';
import { bytesChart, type SpeedCurve, speedChart, type TrainingCurve, trainingChart } from '../report/paper-charts.ts';
import type { Table } from '../report/table.ts';
import { type Ledger, ledgerBlocks, type Measured } from './ledger.ts';
import type { MicroscopeReading } from './microscope.ts';
import { microscopeBlocks } from './microscope-report.ts';

/** One table of the paper. */
export interface ReportTable {
  readonly title: string;
  readonly figures: readonly ComparedFigure[];
  /** What can be counted, sweeps: tables without a counterpart in the paper. */
  readonly more: readonly Table[];
}

/** What a run measured, for the page; parts that are absent or empty leave no trace. */
export interface ReportParts {
  readonly title: string;
  readonly lead: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly codes?: Measured['codes'];
  /** Recall of a measure (`100@100`) against speed, one chart each. */
  readonly speeds?: readonly { readonly measure: string; readonly curves: readonly SpeedCurve[] }[];
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
  const charts = [...speedCharts(parts), ...bytesCharts(parts), ...trainingCharts(parts)];
  const sections: PageSection[] = tables.map(tableSection);
  if (charts.length > 0) sections.push({ title: 'Recall against cost', blocks: [{ kind: 'charts', charts }] });
  if (figure3 !== undefined) {
    sections.push({ title: 'Figure 3', blocks: [{ kind: 'charts', charts: [{ svg: figure3 }] }] });
  }
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

function tableSection({ title, figures, more }: ReportTable): PageSection {
  const caption = 'ours; below it the paper and (difference); ✓ agrees, ≠ differs';
  const beside = figures.length > 0 ? [{ kind: 'comparison', figures, caption } as const] : [];
  return { title, blocks: [...beside, ...more.map((table) => ({ kind: 'table', table }) as const)] };
}

function speedCharts({ speeds = [] }: ReportParts): PageChart[] {
  return speeds
    .filter(({ curves }) => curves.some(({ points }) => points.length > 0))
    .map(({ measure, curves }) => ({
      svg: speedChart(curves, measure),
      caption: 'Measured on this machine, one thread.',
    }));
}

function bytesCharts({ codes = [] }: ReportParts): PageChart[] {
  if (codes.length === 0) return [];
  const points = codes.map(({ method, codec, bytes, recall1at1 }) => {
    return { name: method === 'none' ? codec : `${method} + ${codec}`, bytes, recall: recall1at1 };
  });
  return [{ svg: bytesChart(points, '1@1') }];
}

function trainingCharts({ trainings = [] }: ReportParts): PageChart[] {
  const curves = trainings.filter(({ history }) => history.length > 0);
  if (curves.length === 0) return [];
  const caption = 'Held-out rows as queries among training rows, as the training recorded them.';
  return (['nearest', 'tenNearest', 'heldOutError'] as const).map((figure) => ({
    svg: trainingChart(curves, figure),
    caption,
  }));
}
