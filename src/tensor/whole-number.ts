/**
 * Checks an option that counts something.
 *
 * @param where who asks; begins the message
 * @param name of the option
 * @throws {RangeError} if the value is no whole number from `least` to `most`
 */
export function requireWhole(where: string, name: string, value: number, least: number, most?: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return;
  const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${where}: expected ${name} to be a whole number ${range}, got ${value}.`);
}

/** The divisors of a whole number from 1, ascending, as a message lists them: `1, 2, 3, 6`. */
export function divisorsOf(n: number): string {
  const divisors = new Set<number>();
  for (let small = 1; small * small <= n; small++) if (n % small === 0) divisors.add(small).add(n / small);
  return [...divisors].sort((a, b) => a - b).join(', ');
}
