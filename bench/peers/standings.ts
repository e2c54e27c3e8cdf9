/** What was measured of one contender. */
export interface Measured {
  readonly name: string;
  readonly buildSeconds: number;
  /** By ef. */
  readonly recall: Map<number, number>;
  /** By ef, those of each round. */
  readonly seconds: Map<number, readonly number[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Seconds at which a recall is reached in one round, between the neighboring ef by their logarithms; `undefined` beyond the sweep.
 *
 * @param efs ascending
 */
export function atRecall(one: Measured, efs: readonly number[], wanted: number, round: number): number | undefined {
  for (let i = 1; i < efs.length; i++) {
    const [low, high] = [one.recall.get(efs[i - 1]!)!, one.recall.get(efs[i]!)!];
    if (low > wanted || high < wanted) continue;
    const [fast, slow] = [one.seconds.get(efs[i - 1]!)![round]!, one.seconds.get(efs[i]!)![round]!];
    const share = high === low ? 0 : (wanted - low) / (high - low);
    return Math.exp((1 - share) * Math.log(fast) + share * Math.log(slow));
  }
  return undefined;
}

/** A Markdown table; the first contender is compared with each. */
function markdown(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(header), row(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...lines.map(row)].join('\n');
}

export function builtIn(all: readonly Measured[]): string {
  const [ours] = all;
  const lines = all.map(({ name, buildSeconds }) => {
    const ratio = `${(buildSeconds / ours!.buildSeconds).toFixed(2)}x`;
    return [name, buildSeconds.toFixed(1), ratio];
  });
  return markdown(['library', 'build, s', 'ratio'], lines);
}

/** Queries a second at each recall, and in brackets ours over theirs. */
export function table(
  all: readonly Measured[],
  efs: readonly number[],
  recalls: readonly number[],
  queries: number,
): string {
  const [ours] = all;
  const rounds = [...ours!.seconds.values()][0]?.length ?? 0;
  const lines = all.map((one) => [
    one.name,
    ...recalls.map((wanted) => {
      const seconds: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const [theirs, mine] = [atRecall(one, efs, wanted, round), atRecall(ours!, efs, wanted, round)];
        if (theirs !== undefined) seconds.push(theirs);
        if (theirs !== undefined && mine !== undefined) ratios.push(theirs / mine);
      }
      if (seconds.length === 0) return '-';
      const ratio = one === ours || ratios.length === 0 ? '' : ` (${median(ratios).toFixed(2)}x)`;
      return `${Math.round(queries / median(seconds))}${ratio}`;
    }),
  ]);
  return markdown(['queries a second at recall', ...recalls.map(String)], lines);
}
