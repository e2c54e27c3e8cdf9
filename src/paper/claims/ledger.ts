import type { Block, JudgedClaim } from '../../report/page.ts';
import type { Claim, Measured } from './claim.ts';
import { CODE_CLAIMS } from './code-claims.ts';
import { COMPRESSION_CLAIMS } from './compression-claims.ts';
import { GRAPH_CLAIMS } from './graph-claims.ts';
import { PRINTED_CLAIMS } from './printed-claims.ts';

/** Sentences that experiments decide. */
export const EXPERIMENT_CLAIMS: readonly Claim[] = [...GRAPH_CLAIMS, ...CODE_CLAIMS, ...COMPRESSION_CLAIMS];
export { PRINTED_CLAIMS };

/** The judged claims, those that experiments decide and those that the paper's own figures do. */
export interface Ledger {
  readonly experiments: readonly JudgedClaim[];
  readonly printed: readonly JudgedClaim[];
}

/** Judges every claim by the figures of a run; a claim without figures says so. */
export function ledger(measured: Measured): Ledger {
  const judged = (claims: readonly Claim[]) =>
    claims.map(({ id, quote, test, judge }) => ({ id, quote, test, ...judge(measured) }));
  return { experiments: judged(EXPERIMENT_CLAIMS), printed: judged(PRINTED_CLAIMS) };
}

/** The ledger as parts of a page. */
export function ledgerBlocks({ experiments, printed }: Ledger): Block[] {
  return [
    {
      kind: 'text',
      text: 'Sentences of the paper that an experiment can decide. A verdict holds for the rows and the training of this run, which stand at the top, and for nothing else: the paper has a million rows and trains 2.4 billion samples.',
    },
    { kind: 'claims', claims: experiments },
    { kind: 'text', text: 'The paper against itself: the same figure in two places, decided by what is printed.' },
    { kind: 'claims', claims: printed },
  ];
}

/** The ledger as a table: claim, verdict, figures. */
export function ledgerTable({ experiments, printed }: Ledger): string[][] {
  return [
    ['claim', 'quote', 'verdict', 'figures', 'tested by'],
    ...[...experiments, ...printed].map(({ id, quote, verdict, figures, test }) => [id, quote, verdict, figures, test]),
  ];
}
