/** One search of a sweep. */
export interface Sweep {
  /** By ef, ascending. */
  readonly recall: ReadonlyMap<number, number>;
  /** By ef, of each round. */
  readonly seconds: ReadonlyMap<number, readonly number[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Seconds in which a recall is reached in one round, between neighboring ef by their logarithms. Where the least ef has it already,
 * its own seconds: nothing is faster. `undefined` where the greatest ef has it not.
 */
export function secondsAt({ recall, seconds }: Sweep, wanted: number, round: number): number | undefined {
  let before: number | undefined;
  for (const [ef, reached] of recall) {
    const now = seconds.get(ef)![round]!;
    if (reached >= wanted) {
      if (before === undefined) return now;
      const low = recall.get(before)!;
      const share = (wanted - low) / (reached - low);
      return seconds.get(before)![round]! ** (1 - share) * now ** share;
    }
    before = ef;
  }
  return undefined;
}

/** How often the one is as fast as the other at a recall, the median over the rounds. */
export function ratioAt(one: Sweep, other: Sweep, wanted: number, rounds: number): number | undefined {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [mine, theirs] = [secondsAt(one, wanted, round), secondsAt(other, wanted, round)];
    if (mine !== undefined && theirs !== undefined) ratios.push(theirs / mine);
  }
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Queries a second at a recall, the median over the rounds. */
export function rateAt(one: Sweep, wanted: number, rounds: number, queries: number): number | undefined {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const found = secondsAt(one, wanted, round);
    if (found !== undefined) seconds.push(found);
  }
  return seconds.length === 0 ? undefined : queries / median(seconds);
}

/** A Markdown table, numbers to the right. */
export function markdown(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(header), row(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...lines.map(row)].join('\n');
}
