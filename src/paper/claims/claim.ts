import type { JudgedClaim } from '../../report/page.ts';
import type { AblationResult } from '../ablations/ablations.ts';
import type { SeedGain } from '../ablations/seed-gain.ts';
import type { PaperDataset } from '../printed/settings.ts';
import type { Table1Result } from '../tables/table-1.ts';
import type { Table2Result } from '../tables/table-2.ts';
import type { Table3Result } from '../tables/table-3.ts';
import type { Table4Result } from '../tables/table-4.ts';

/** What a claim needs of a row of a table, or of a network of the ablations. Recalls are percentages. */
export type GraphFigures = Pick<
  Table1Result,
  | 'method'
  | 'factor'
  | 'indexingSeconds'
  | 'indexingMultiplyAdds'
  | 'distancesPerQuery'
  | 'recall1at1'
  | 'recall100at100'
  | 'meanDegree'
>;
export type CodeFigures = Pick<
  Table2Result,
  'method' | 'codec' | 'bytes' | 'queriesPerSecond' | 'recall1at1' | 'recall1at5'
>;
export type ScalarFigures = Pick<Table3Result, 'method' | 'range' | 'indexingSeconds'>;
export type CompressionFigures = Pick<Table4Result, 'method' | 'bruteForce' | 'hnsw'>;
export type AblationFigures = Pick<AblationResult, 'name' | 'seed' | 'recall1at1' | 'recall10at10' | 'parameters'>;

/** What claims need of a run, under the names of its figures; what is absent was not measured. */
export interface Measured {
  /** The data set of the paper whose figures stand beside these. */
  readonly comparedWith: PaperDataset;
  /** Of the base. */
  readonly rows: number;
  readonly table1?: readonly GraphFigures[];
  readonly table1Nsg?: readonly GraphFigures[];
  readonly table2?: readonly CodeFigures[];
  readonly table3?: readonly ScalarFigures[];
  readonly table4?: readonly CompressionFigures[];
  readonly ablations?: readonly AblationFigures[];
}

/** What was found about a claim. */
export type Judgment = Pick<JudgedClaim, 'verdict' | 'figures'>;

/** One sentence of the paper that can be put to a test. */
export interface Claim {
  readonly id: string;
  /** The paper's words. */
  readonly quote: string;
  readonly test: string;
  judge(measured: Measured): Judgment;
}

/** A difference of 100@100 or 10@10 below this many points is no difference. */
export const SET_MARGIN = 0.1;
/** The same of 1@1, which has one vote a query instead of ten or a hundred. */
export const NEAREST_MARGIN = 1;
/** The same of 10@10 between two networks: about what another thousand queries may change. */
export const TRAINING_MARGIN = 0.3;

/** Of building on full vectors: in less, other work than distances weighs as much. */
const LEAST_SECONDS = 5;

/** Decided by seconds, if there are enough of them. */
export function decidedByTime(fullSeconds: number, holds: boolean, figures: string): Judgment {
  if (fullSeconds >= LEAST_SECONDS) return decided(holds, figures);
  return untestable(`${fullSeconds.toFixed(1)} s of building are too few to judge: ${figures}`);
}

export const ABSENT: Judgment = { verdict: 'not measured in this run', figures: 'no figure in this run' };

/** @param figures what decided, in words */
export function decided(holds: boolean, figures: string): Judgment {
  return { verdict: holds ? 'confirmed' : 'not confirmed', figures };
}

/** Something that no figure of this program can decide, and why. */
export function untestable(why: string): Judgment {
  return { verdict: 'not testable here', figures: why };
}

/** The figures of a list that holds one, else a judgment of absence. */
export function given<T>(
  list: readonly T[] | undefined,
  judge: (list: readonly T[]) => Judgment | undefined,
  absent = ABSENT,
): Judgment {
  return (list && list.length > 0 && judge(list)) || absent;
}

/** Whether all gains are at least `least`: decided only where the whole interval of a mean lies on one side. */
export function judgedGains(gains: readonly SeedGain[], least: number, figures: string): Judgment {
  if (gains.some(({ mean, halfWidth }) => mean + halfWidth < least)) return { verdict: 'not confirmed', figures };
  if (gains.every(({ mean, halfWidth }) => mean - halfWidth >= least)) return { verdict: 'confirmed', figures };
  const fewest = Math.min(...gains.map(({ seeds }) => seeds));
  const advice =
    fewest === 1 ? '; one seed says nothing of the spread' : '; the spread over seeds reaches across the bound';
  return { verdict: 'not decided at this budget', figures: figures + advice };
}
