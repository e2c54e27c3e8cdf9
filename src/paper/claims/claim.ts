import type { Method } from '../../compress/methods.ts';
import type { JudgedClaim } from '../../report/page.ts';
import type { MethodOrNone } from '../methods/method.ts';
import type { PaperDataset } from '../printed/settings.ts';

/** What a claim needs of a row of Table 1; `Table1Result` has it. */
export interface GraphFigures {
  readonly method: MethodOrNone;
  readonly factor: number;
  readonly indexingSeconds: number;
  readonly indexingMultiplyAdds: number;
  readonly distancesPerQuery: number;
  readonly recall1at1: number;
  readonly recall100at100: number;
  /** Mean out-degree of level 0. */
  readonly meanDegree?: number;
}

/** What a claim needs of a row of Table 2. */
export interface CodeFigures {
  readonly method: MethodOrNone;
  readonly codec: 'PQ' | 'L&C';
  readonly bytes: number;
  readonly queriesPerSecond: readonly [mean: number, ...more: number[]];
  readonly recall1at1: number;
  readonly recall1at5: number;
}

/** What a claim needs of a row of Table 3. */
export interface ScalarFigures {
  readonly method: 'none' | 'cnt';
  readonly range: 'none' | 'dimension' | 'uniform';
  readonly indexingSeconds: number;
}

/** What a claim needs of a row of Table 4: 1@1, 1@5, 1@10. */
export interface CompressionFigures {
  readonly method: Method;
  readonly bruteForce: readonly [at1: number, at5: number, at10: number];
  readonly hnsw: readonly [at1: number, at5: number, at10: number];
}

/** One trained network of the ablations. */
export interface AblationFigures {
  readonly name: AblationName;
  readonly seed: number;
  /** Percent, over all given queries, by brute force in the compressed space. */
  readonly recall1at1: number;
  readonly recall10at10: number;
  /** Numbers in the model, running statistics included. */
  readonly parameters: number;
}

/** The networks and losses that are trained beside the default one. */
export const ABLATIONS = [
  'default',
  'plain distance loss',
  'alpha 1',
  'alpha 4',
  'beta 0',
  'beta 0.1',
  '1 projection',
  '2 projections',
  '8 projections',
  'one stage',
  'three stages',
  'position bias',
  'MLP ratio 1',
  'MLP ratio 4',
  'compression token last',
  'projection A after every stage',
  'released code',
  'random start',
  'random start, rate 1e-2',
  'linear map',
] as const;
export type AblationName = (typeof ABLATIONS)[number];

/** What was measured in a run; what is absent was not. Recalls are percentages. */
export interface Measured {
  /** The data set of the paper whose figures stand beside them. */
  readonly comparedWith: PaperDataset;
  /** Of the base. */
  readonly rows: number;
  readonly hnsw?: readonly GraphFigures[] | undefined;
  readonly nsg?: readonly GraphFigures[] | undefined;
  readonly codes?: readonly CodeFigures[] | undefined;
  readonly scalar?: readonly ScalarFigures[] | undefined;
  readonly compression?: readonly CompressionFigures[] | undefined;
  readonly ablations?: readonly AblationFigures[] | undefined;
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

/** `+0.31`, `-2.00`; what rounds to 0 has no sign. */
export function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Number(text) === 0) return text.replace('-', '');
  return value > 0 ? `+${text}` : text;
}
