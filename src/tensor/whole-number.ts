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
