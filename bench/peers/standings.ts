import { markdown, rateAt, ratioAt, type Sweep } from '../at-recall.ts';

/** What was measured of one contender. */
export interface Measured extends Sweep {
  readonly name: string;
  readonly buildSeconds: number;
}

/** Seconds to build, and theirs over those of the first. */
export function builtIn(all: readonly Measured[]): string {
  const [ours] = all;
  const lines = all.map(({ name, buildSeconds }) => {
    return [name, buildSeconds.toFixed(1), `${(buildSeconds / ours!.buildSeconds).toFixed(2)}x`];
  });
  return markdown(['library', 'build, s', 'ratio'], lines);
}

/** Queries a second at each recall, and in brackets those of the first over theirs. */
export function table(all: readonly Measured[], recalls: readonly number[], rounds: number, queries: number): string {
  const [ours] = all;
  const lines = all.map((one) => [
    one.name,
    ...recalls.map((wanted) => {
      const rate = rateAt(one, wanted, rounds, queries);
      const ratio = one === ours ? undefined : ratioAt(ours!, one, wanted, rounds);
      return rate === undefined ? '-' : `${Math.round(rate)}${ratio === undefined ? '' : ` (${ratio.toFixed(2)}x)`}`;
    }),
  ]);
  return markdown(['queries a second at recall', ...recalls.map(String)], lines);
}
