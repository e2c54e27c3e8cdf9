/** Levenshtein distance, with a swap of neighbors counted as one change (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const cols = b.length + 1;
  const table = new Array<number>((a.length + 1) * cols).fill(0);
  const at = (i: number, j: number) => table[i * cols + j]!;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      let best = i === 0 ? j : i;
      if (i > 0 && j > 0) {
        best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
        const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
        if (swapped) best = Math.min(best, at(i - 2, j - 2) + 1);
      }
      table[i * cols + j] = best;
    }
  }
  return at(a.length, b.length);
}

/**
 * @returns the known word that was probably meant, if any is near: one change in three letters (none in one), or a beginning of it; else the
 * longest that `word` begins with, as `ef` for `efsearch`
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = word.length === 1 ? 1 : Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const begins = word.length >= 2 && candidate.startsWith(word);
    const distance = begins ? 0.5 : editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== undefined) return best;
  const begun = known.filter((candidate) => candidate.length >= 2 && word.startsWith(candidate));
  return begun.sort((a, b) => b.length - a.length)[0];
}

/** ` Did you mean X?` or nothing. */
export function suggestion(word: string, known: readonly string[], prefix = ''): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '' : ` Did you mean ${prefix}${nearest}?`;
}
