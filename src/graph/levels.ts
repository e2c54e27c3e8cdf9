import { MersenneTwister, MinimalStandard } from '../tensor/library-random.ts';
import { logarithm } from '../tensor/logarithm.ts';
import { Random } from '../tensor/random.ts';

/**
 * The top level of each point: floor(-ln(U) mL), mL = 1 / ln M, so that a point reaches level l with probability M^-l.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 1, line 4.
 * Departs: U is drawn for each row apart, from (seed, row) alone, and lies in (0, 1]; the paper's U may be 0.
 */
export function canonicalLevels(rows: number, M: number, seed: number | string): Int32Array {
  const stream = new Random(seed, 'hnsw/levels');
  const scale = 1 / logarithm(M); // mL
  const levels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) levels[row] = Math.floor(-logarithm(1 - stream.row(row).uniform()) * scale);
  return levels;
}

/** The levels that hnswlib draws with its default seed 100, in the order of insertion, that is, of ids. */
export function hnswlibLevels(rows: number, M: number): Int32Array {
  const generator = new MinimalStandard(100);
  const scale = 1 / logarithm(M);
  const levels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) levels[row] = Math.trunc(-logarithm(generator.double()) * scale);
  return levels;
}

/**
 * The levels that faiss draws for one `add` of all rows: the share of each level is tabulated in float32, and a uniform float walks
 * down the table.
 */
export function faissLevels(rows: number, M: number): Int32Array {
  const generator = new MersenneTwister(12345);
  const shares = faissShares(M);
  const levels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    let rest = generator.float();
    let level = 0;
    while (level < shares.length - 1 && !(rest < shares[level]!)) rest -= shares[level++]!;
    levels[row] = level;
  }
  return levels;
}

/** The share of points whose top level is l, as long as it is at least 1e-9. */
function faissShares(M: number): number[] {
  const scale = Math.fround(1 / logarithm(M));
  const shares: number[] = [];
  for (let level = 0; ; level++) {
    const share = Math.fround(exponential(Math.fround(-level / scale)) * (1 - exponential(Math.fround(-1 / scale))));
    if (share < 1e-9) return shares;
    shares.push(share);
  }
}

/**
 * e^x in float64 for -100 < x <= 0 from +, -, * and / alone, so that every engine returns the same bits: 2^k times the Taylor series
 * of what is left, at most ln 2 / 2, to a relative error of a few 2^-53; the caller rounds to float32.
 */
function exponential(x: number): number {
  const halvings = Math.round(-x / Math.LN2);
  const rest = x + halvings * Math.LN2;
  let sum = 1;
  for (let term = 18; term >= 1; term--) sum = 1 + (sum * rest) / term;
  return sum / 2 ** halvings;
}

/**
 * The order in which faiss inserts: the highest level first, ids of one level permuted; one generator serves all levels.
 *
 * @returns every row once
 */
export function faissOrder(levels: Int32Array): Int32Array {
  const generator = new MersenneTwister(789);
  const order = new Int32Array(levels.length);
  let end = 0;
  for (let level = levels.reduce((top, next) => Math.max(top, next), -1); level >= 0; level--) {
    const begin = end;
    for (let row = 0; row < levels.length; row++) if (levels[row] === level) order[end++] = row;
    generator.shuffle(order, begin, end);
  }
  return order;
}
