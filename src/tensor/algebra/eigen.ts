const EPSILON = 2 ** -52;
/** Steps allowed for one eigenvalue; two or three are usual. */
const MAX_STEPS = 60;

/** A tridiagonal matrix and what turned the original into it. */
interface Tridiagonal {
  /** (n). */
  readonly diagonal: Float64Array;
  /** (n), place i couples i and i + 1; the last is 0. */
  readonly off: Float64Array;
  /** (n, n), orthogonal: original = basisᵀ tridiagonal basis. */
  readonly basis: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, in float64.
 *
 * Householder reflections make the matrix tridiagonal, QL steps with implicit Wilkinson shifts make it diagonal. Every inner loop
 * runs along rows. An off-diagonal value counts as zero below 2^-52 of the largest row sum, so values and residuals are exact up
 * to rounding relative to the largest eigenvalue.
 *
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., Algorithms 5.1.1, 8.3.1, 8.3.2 and 8.3.3.
 * Departs: chases from the bottom up (QL instead of QR); stops by the norm of the whole instead of by the neighboring values.
 *
 * @param a (n, n), left as it is
 * @returns values, descending (equal ones in the order in which they were found), and vectors (n, n): row i belongs to value i
 * @throws {RangeError} if `n` is not a whole number from 1 on, or the matrix has another size, is not symmetric or not finite
 * @throws {Error} if an eigenvalue needs more than 60 steps
 */
export function symmetricEigen(a: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const scale = checkedScale(a, n);
  const work = new Float64Array(n * n);
  for (let i = 0; i < work.length; i++) work[i] = a[i]! / scale;
  const { diagonal, off, basis } = tridiagonalize(work, n);
  diagonalize(diagonal, off, basis, n);

  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j]! - diagonal[i]! || i - j);
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  for (const [place, i] of order.entries()) {
    values[place] = diagonal[i]! * scale;
    vectors.set(basis.subarray(i * n, (i + 1) * n), place * n);
  }
  return { values, vectors };
}

/** The largest magnitude, or 1: divided by it, no square can overflow. */
function checkedScale(a: Float64Array, n: number): number {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`symmetricEigen: expected n of at least 1, got ${n}.`);
  if (a.length !== n * n) {
    throw new RangeError(`symmetricEigen: expected ${n} x ${n} = ${n * n} values, got ${a.length}.`);
  }
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = a[i * n + j]!;
      if (value - value !== 0) {
        throw new RangeError(`symmetricEigen: expected finite values, got ${value} at row ${i}, column ${j}.`);
      }
      if (value !== a[j * n + i]!) {
        const got = `${value} at (${i}, ${j}) and ${a[j * n + i]} at (${j}, ${i})`;
        throw new RangeError(`symmetricEigen: expected a symmetric matrix, got ${got}.`);
      }
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return largest || 1;
}

/**
 * Reflects the rows and columns after k, for k = 0 .. n - 3, so that row k keeps only its diagonal and the value beside it.
 *
 * @param a (n, n), symmetric; overwritten: row k then holds the k-th reflector from column k + 1 on
 */
function tridiagonalize(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const factors = new Float64Array(n); // beta of each reflection I - beta v vᵀ
  const w = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const start = k * n; // v = a[k, k + 1 ..]
    off[k] = reflector(a, start + k + 1, start + n, factors, k);
    if (factors[k] !== 0) reflectTrailing(a, n, k, factors[k]!, w);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  if (n > 1) off[n - 2] = a[(n - 2) * n + n - 1]!;
  return { diagonal, off, basis: accumulate(a, factors, n) };
}

/**
 * Turns x = a[from .. to) into v with (I - beta v vᵀ) x = (±|x|, 0, ..., 0), and beta into factors[k]: 0 if x needs no reflection.
 *
 * @returns the first value after the reflection
 */
function reflector(a: Float64Array, from: number, to: number, factors: Float64Array, k: number): number {
  const head = a[from]!;
  let largest = 0;
  for (let i = from + 1; i < to; i++) largest = Math.max(largest, Math.abs(a[i]!));
  if (largest === 0) return head;
  const size = Math.max(largest, Math.abs(head)); // squares of tiny values would vanish
  let square = 0;
  for (let i = from; i < to; i++) {
    const part = a[i]! / size;
    a[i] = part;
    square += part * part;
  }
  const length = Math.sqrt(square);
  const first = a[from]!;
  const image = first > 0 ? -length : length; // the sign that cancels nothing
  a[from] = first - image;
  factors[k] = 1 / (square - first * image); // 2 / |v|²
  return image * size;
}

/** a <- H a H on the rows and columns after k, with v in row k: a -= v wᵀ + w vᵀ, w = p - beta (pᵀv) v / 2, p = beta a v. */
function reflectTrailing(a: Float64Array, n: number, k: number, beta: number, w: Float64Array): void {
  const v = k * n;
  let product = 0; // pᵀ v
  for (let i = k + 1; i < n; i++) {
    const row = i * n;
    let sum = 0;
    for (let j = k + 1; j < n; j++) sum += a[row + j]! * a[v + j]!;
    w[i] = beta * sum;
    product += w[i]! * a[v + i]!;
  }
  const half = 0.5 * beta * product;
  for (let i = k + 1; i < n; i++) w[i]! -= half * a[v + i]!;
  for (let i = k + 1; i < n; i++) {
    const row = i * n;
    const vi = a[v + i]!;
    const wi = w[i]!;
    for (let j = k + 1; j < n; j++) a[row + j]! -= vi * w[j]! + wi * a[v + j]!;
  }
}

/** H(n-3) ... H(1) H(0), from the left, so that each reflection meets only the rows and columns after its k. */
function accumulate(a: Float64Array, factors: Float64Array, n: number): Float64Array {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    const beta = factors[k]!;
    if (beta === 0) continue;
    const v = k * n;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += basis[row + j]! * a[v + j]!;
      sum *= beta;
      for (let j = k + 1; j < n; j++) basis[row + j]! -= sum * a[v + j]!;
    }
  }
  return basis;
}

/** QL steps until every off-diagonal value counts as zero; the rotations are applied to the rows of the basis. */
function diagonalize(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  let norm = 0;
  for (let i = 0; i < n; i++)
    norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!) + (i > 0 ? Math.abs(e[i - 1]!) : 0));
  const negligible = EPSILON * norm;
  for (let first = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last < n - 1 && Math.abs(e[last]!) > negligible) last++;
      if (last < n - 1) e[last] = 0;
      if (last === first) break;
      if (steps === MAX_STEPS) {
        throw new Error(`symmetricEigen: expected eigenvalue ${first} within ${MAX_STEPS} steps, got no convergence.`);
      }
      stepQL(d, e, basis, n, first, last);
    }
  }
}

/** One step on the block first .. last: shift by the eigenvalue of the leading 2 x 2 nearer its corner, then chase upwards. */
function stepQL(d: Float64Array, e: Float64Array, basis: Float64Array, n: number, first: number, last: number): void {
  const coupling = e[first]!;
  const halfGap = (d[first + 1]! - d[first]!) / 2;
  const root = length(halfGap, coupling);
  const shift = d[first]! - coupling * (coupling / (halfGap + (halfGap < 0 ? -root : root)));
  let x = d[last]! - shift;
  let z = e[last - 1]!;
  for (let i = last - 1; i >= first; i--) {
    const r = length(x, z);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : z / r;
    if (i < last - 1) e[i + 1] = r;
    rotateBlock(d, e, i, c, s);
    rotateRows(basis, i * n, (i + 1) * n, n, c, s);
    if (i > first) {
      x = e[i]!;
      z = s * e[i - 1]!;
      e[i - 1] = c * e[i - 1]!;
    }
  }
}

/** The 2 x 2 block at i, i + 1 after turning its coordinates: lower' = c lower + s upper, upper' = c upper - s lower. */
function rotateBlock(d: Float64Array, e: Float64Array, i: number, c: number, s: number): void {
  const upper = d[i]!;
  const lower = d[i + 1]!;
  const coupling = e[i]!;
  const moved = s * (s * (upper - lower) + 2 * c * coupling);
  d[i + 1] = lower + moved;
  d[i] = upper - moved;
  e[i] = c * s * (upper - lower) + (c * c - s * s) * coupling;
}

function rotateRows(basis: Float64Array, upper: number, lower: number, n: number, c: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const u = basis[upper + j]!;
    const l = basis[lower + j]!;
    basis[lower + j] = c * l + s * u;
    basis[upper + j] = c * u - s * l;
  }
}

/** sqrt(x² + y²) without squares that vanish or overflow. */
function length(x: number, y: number): number {
  const large = Math.max(Math.abs(x), Math.abs(y));
  if (large === 0) return 0;
  const ratio = Math.min(Math.abs(x), Math.abs(y)) / large;
  return large * Math.sqrt(1 + ratio * ratio);
}
