import { exp, log } from '../../../kernels/math/reference.ts';
import { MersenneTwister, MinimalStandard } from '../../tensor/random/library-random.ts';
import { Random } from '../../tensor/random/random.ts';

/** The kernels' own exp and log, in float64: engines differ in `Math.log`. */
const exact = (value: number): number => value;

/**
 * The top level of each point: floor(-ln(U) mL), mL = 1 / ln M, so that a point reaches level l with probability M^-l.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 1, line 4.
 * Departs: U is drawn for each row apart, from (seed, row) alone, and lies in (0, 1]; the paper's U may be 0.
 */
export function canonicalLevels(rows: number, M: number, seed: number | string): Int32Array {
  const stream = new Random(seed, 'hnsw/levels');
  const scale = 1 / log(M, exact); // mL
  const levels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) levels[row] = Math.floor(-log(1 - stream.row(row).uniform(), exact) * scale);
  return levels;
}

/** The levels that hnswlib draws with its default seed 100, in the order of insertion, that is, of ids. */
export function hnswlibLevels(rows: number, M: number): Int32Array {
  const generator = new MinimalStandard(100);
  const scale = 1 / log(M, exact);
  const levels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) levels[row] = Math.trunc(-log(generator.double(), exact) * scale);
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
  const scale = Math.fround(1 / log(M, exact));
  const shares: number[] = [];
  for (let level = 0; ; level++) {
    const share = Math.fround(exp(Math.fround(-level / scale), exact) * (1 - exp(Math.fround(-1 / scale), exact)));
    if (share < 1e-9) return shares;
    shares.push(share);
  }
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
