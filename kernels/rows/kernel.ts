import type { Floats } from '../operands.ts';

/** Row by row; a sum over a row in four lanes as in distance/. */
export interface RowKernels {
  /** norms[r] = max(|x_r|, 1e-12), y_r = x_r / norms[r]. */
  normalizeRows(y: Floats, norms: Floats, x: Floats, rows: number, cols: number): void;
  /** dx_r += (dy_r - y_r (y_r . dy_r)) / norms[r]; nothing where the norm was raised to 1e-12. */
  normalizeRowsBackward(dx: Floats, dy: Floats, y: Floats, norms: Floats, rows: number, cols: number): void;
  /** out[r] = sqrt(|a_r - b_r|² + epsilon²). */
  rowDistances(out: Floats, a: Floats, b: Floats, epsilon: number, rows: number, cols: number): void;
  /** With s = dOut[r] / out[r] · (a_r - b_r): da_r += s, db_r -= s. */
  rowDistancesBackward(
    da: Floats,
    db: Floats,
    dOut: Floats,
    out: Floats,
    a: Floats,
    b: Floats,
    rows: number,
    cols: number,
  ): void;
}
