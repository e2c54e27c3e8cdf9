import type { Random } from '../../tensor/random/random.ts';

/** Sweeps over all pairs of columns; ten are usual for 256 columns. */
const MAX_SWEEPS = 60;
const EPSILON = 2 ** -52;

/**
 * The matrix A with orthonormal rows that comes nearest to c, that is, with the largest trace of A cᵀ: A = U Vᵀ of c = U Σ Vᵀ.
 *
 * One-sided Jacobi: the rows of c are turned in pairs until all are orthogonal, with the same turns applied to U. Then they are the
 * rows of Σ Vᵀ. The squared condition number of the eigenvectors of c cᵀ, the other way to get U, never enters.
 *
 * Source: Schönemann 1966 (the solution); Golub & Van Loan, Matrix Computations, 4th ed., section 8.6.4 (one-sided Jacobi).
 * Departs: a row of norm 0 up to rounding, which leaves its direction open, is replaced by a unit vector orthogonal to the others.
 *
 * @param c (rows, cols), rows <= cols; left as it is
 * @returns (rows, cols)
 * @throws {Error} if 60 sweeps leave rows that are not orthogonal
 */
export function nearestOrthonormal(c: Float64Array, rows: number, cols: number): Float64Array {
  const v = c.slice();
  const u = new Float64Array(rows * rows); // row i: coefficients of row i of v
  for (let i = 0; i < rows; i++) u[i * rows + i] = 1;
  const negligible = cols * EPSILON * Math.sqrt(product(c, 0, c, 0, rows * cols)); // a row this short is rounding
  orthogonalize(v, u, rows, cols, negligible);
  normalize(v, rows, cols, negligible);
  const a = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let r = 0; r < rows; r++) {
      const weight = u[i * rows + r]!;
      for (let j = 0; j < cols; j++) a[r * cols + j]! += weight * v[i * cols + j]!;
    }
  }
  return a;
}

/** Orthonormal rows in random directions: the orthonormal rows nearest to a matrix of normals. @returns (rows, cols) */
export function randomOrthonormal(rows: number, cols: number, random: Random): Float64Array {
  return nearestOrthonormal(
    Float64Array.from({ length: rows * cols }, () => random.normal()),
    rows,
    cols,
  );
}

/** Turns pairs of rows of v until all but negligible ones are orthogonal, and the rows of u by the same angles. */
function orthogonalize(v: Float64Array, u: Float64Array, rows: number, cols: number, negligible: number): void {
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < rows - 1; p++) {
      for (let q = p + 1; q < rows; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let j = 0; j < cols; j++) {
          const a = v[p * cols + j]!;
          const b = v[q * cols + j]!;
          pp += a * a;
          qq += b * b;
          pq += a * b;
        }
        if (Math.abs(pq) <= 8 * EPSILON * Math.sqrt(pp * qq)) continue;
        if (Math.sqrt(Math.min(pp, qq)) <= negligible) continue;
        turned = true;
        const tau = (qq - pp) / (2 * pq);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const cosine = 1 / Math.sqrt(1 + t * t);
        turn(v, p * cols, q * cols, cols, cosine, cosine * t);
        turn(u, p * rows, q * rows, rows, cosine, cosine * t);
      }
    }
    if (!turned) return;
  }
  throw new Error(`nearestOrthonormal: expected orthogonal rows within ${MAX_SWEEPS} sweeps, got no convergence.`);
}

function turn(m: Float64Array, p: number, q: number, length: number, cosine: number, sine: number): void {
  for (let j = 0; j < length; j++) {
    const a = m[p + j]!;
    const b = m[q + j]!;
    m[p + j] = cosine * a - sine * b;
    m[q + j] = sine * a + cosine * b;
  }
}

/** Rows of length 1; negligible ones become unit vectors orthogonal to all others. */
function normalize(v: Float64Array, rows: number, cols: number, negligible: number): void {
  const norms = Float64Array.from({ length: rows }, (_, i) => Math.sqrt(product(v, i * cols, v, i * cols, cols)));
  const done: number[] = [];
  norms.forEach((norm, i) => {
    if (norm <= negligible) return;
    for (let j = i * cols; j < (i + 1) * cols; j++) v[j]! /= norm;
    done.push(i);
  });
  for (let i = 0; i < rows; i++) {
    if (done.includes(i)) continue;
    fillOrthogonal(v, i, done, cols);
    done.push(i);
  }
}

/** Row i becomes the first unit vector of the axes that the rows done do not span, made orthogonal to them. */
function fillOrthogonal(v: Float64Array, i: number, done: readonly number[], cols: number): void {
  const row = v.subarray(i * cols, (i + 1) * cols);
  for (let axis = 0; ; axis++) {
    row.fill(0);
    row[axis] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        const share = product(v, i * cols, v, other * cols, cols);
        for (let j = 0; j < cols; j++) row[j]! -= share * v[other * cols + j]!;
      }
    }
    const norm = Math.sqrt(product(row, 0, row, 0, cols));
    if (norm < 0.5 / Math.sqrt(cols)) continue; // some axis keeps at least this much
    for (let j = 0; j < cols; j++) row[j]! /= norm;
    return;
  }
}

function product(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += a[aAt + j]! * b[bAt + j]!;
  return sum;
}
