/** A name and what it stands for; an undefined value leaves the row out. */
export type ListingRow = readonly [name: string, value: string | number | undefined];

/** Names and values in two aligned columns, as lines. */
export function listing(rows: readonly ListingRow[]): string[] {
  const shown = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'number' ? figureOf(value) : value}`);
}

/** With separators, fractions to five significant digits. */
function figureOf(value: number): string {
  return value.toLocaleString('en-US', Number.isInteger(value) ? {} : { maximumSignificantDigits: 5 });
}

/** A share as a percentage with two decimals. */
export function percent(share: number): string {
  return (share * 100).toFixed(2);
}

/** Seconds with three significant digits, at most milliseconds. */
export function secondsText(seconds: number): string {
  return seconds >= 100 ? `${Math.round(seconds)} s` : `${Number(seconds.toPrecision(3))} s`;
}
