import type { Table } from './table.ts';

/** One figure of the paper beside ours. */
export interface ComparedFigure {
  readonly row: string;
  readonly column: string;
  readonly paper?: number;
  readonly ours: number;
  /** Digits after the point, for printing. */
  readonly digits: number;
  /** `agrees` and `differs` are marked; others are not judged. */
  readonly verdict: string;
  /** Why it differs or is not judged; may be empty. */
  readonly reason: string;
}

/** What a claim came to. */
export type ClaimVerdict =
  | 'confirmed'
  | 'not confirmed'
  | 'not decided at this budget'
  | 'not testable here'
  | 'not measured in this run';

/** One sentence of the paper and what was found. */
export interface JudgedClaim {
  readonly id: string;
  readonly quote: string;
  /** What tests it. */
  readonly test: string;
  readonly verdict: ClaimVerdict;
  /** The figures that decided it, or why there are none. */
  readonly figures: string;
}

/** One chart: an SVG document made by a chart of this folder, put into the page as it is. */
export interface PageChart {
  readonly svg: string;
  readonly caption?: string;
}

/** One part of a section. Texts are plain: whatever they contain is shown, never interpreted. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'table'; readonly table: Table; readonly caption?: string }
  | { readonly kind: 'comparison'; readonly figures: readonly ComparedFigure[]; readonly caption?: string }
  | { readonly kind: 'charts'; readonly charts: readonly PageChart[] }
  | { readonly kind: 'claims'; readonly claims: readonly JudgedClaim[] }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] };

export interface PageSection {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A whole report. */
export interface Page {
  readonly title: string;
  /** Paragraphs under the title. */
  readonly lead: readonly string[];
  readonly sections: readonly PageSection[];
}
