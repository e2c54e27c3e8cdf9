/** One axis of a chart: where values lie between its two ends, and which of them are marked. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** 0 at `low`, 1 at `high`. */
  place(value: number): number;
}

/** `log` suits positive figures that span orders of magnitude: bytes, queries a second, ranks. */
export type AxisKind = 'linear' | 'log';

const MOST_TICKS = 6;
/** From this many powers of two on, only powers of ten are marked. */
const WIDE = 7;

/** Round tick positions (1, 2 or 5 times a power of ten) that cover [low, high] in at most `most` steps. */
export function ticks(low: number, high: number, most = MOST_TICKS): number[] {
  const span = high - low || 1;
  let step = 1;
  while (span / step > most) step *= 10;
  while (span / (step / 10) <= most) step /= 10;
  for (const part of [step / 5, step / 2]) {
    if (span / part <= most) {
      step = part;
      break;
    }
  }
  const positions: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) positions.push(i * step);
  return positions;
}

/**
 * An axis over all of `values`.
 *
 * @param air left free at both ends, as a share of the span
 * @param where who asks; begins the message
 * @throws {RangeError} if there is no value, one is not finite, or `log` is asked for values that are not positive
 */
export function axisOver(values: readonly number[], kind: AxisKind, air: number, where: string): Axis {
  if (values.length === 0) throw new RangeError(`${where}: expected at least one point, got none.`);
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError(`${where}: expected finite coordinates, got ${value}.`);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return kind === 'linear' ? linearAxis(least, most, air) : logAxis(least, most, air, where);
}

function linearAxis(least: number, most: number, air: number): Axis {
  const margin = least === most ? 1 : (most - least) * air;
  const [low, high] = [least - margin, most + margin];
  return { low, high, ticks: ticks(low, high), place: (value) => (value - low) / (high - low) };
}

function logAxis(least: number, most: number, air: number, where: string): Axis {
  if (least <= 0) throw new RangeError(`${where}: expected positive coordinates for a logarithmic axis, got ${least}.`);
  const span = log2(most) - log2(least);
  const margin = span === 0 ? 1 : span * air;
  const [low, high] = [log2(least) - margin, log2(most) + margin];
  const place = (value: number) => (log2(value) - low) / (high - low);
  const inside = (value: number) => place(value) >= -1e-6 && place(value) <= 1 + 1e-6;
  const marked: number[] = [];
  for (let ten = powerOfTen(least / 10); ten <= most * 10; ten *= 10) {
    for (const factor of high - low > WIDE ? [1] : [1, 2, 5]) if (inside(factor * ten)) marked.push(factor * ten);
  }
  return { low: least, high: most, ticks: marked.length >= 2 ? marked : ticks(least, most), place };
}

/** The greatest power of ten up to `value`. */
function powerOfTen(value: number): number {
  let ten = 1;
  while (ten > value) ten /= 10;
  while (ten * 10 <= value) ten *= 10;
  return ten;
}

/** The binary logarithm digit by digit: engines round Math.log2 differently, and the same chart must give the same bytes. */
export function log2(value: number): number {
  let [mantissa, result] = [value, 0];
  for (; mantissa >= 2; mantissa /= 2) result++;
  for (; mantissa < 1; mantissa *= 2) result--;
  for (let digit = 0.5; digit > 1e-9; digit /= 2) {
    mantissa *= mantissa;
    if (mantissa < 2) continue;
    mantissa /= 2;
    result += digit;
  }
  return result;
}
