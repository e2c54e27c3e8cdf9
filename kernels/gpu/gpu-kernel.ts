/** What `this` is inside the body of a kernel: its place in the output, and sizes known when it is compiled. */
export interface KernelThis<Constant extends string = never> {
  /** x is the column of the output, y the row; whole numbers. */
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: Readonly<Record<Constant, number>>;
}

/** A resident matrix as a body sees it: `m[row]![col]!`. */
export type KernelMatrix = readonly (readonly number[])[];

/** Small operands on which a kernel is compared with its own body, run as JavaScript, before its first use. */
export interface GpuSample {
  /** As in a call; 1 if not given. */
  readonly layers?: number;
  readonly rows: number;
  readonly cols: number;
  readonly constants: Readonly<Record<string, number>>;
  /**
   * A matrix, filled from the range where its values are not given; a number stands for itself. What is filled is tried with a NaN
   * and with infinities, too.
   */
  readonly inputs: readonly (readonly [rows: number, cols: number, values?: readonly number[]] | number)[];
  /** From -1 to 1 if not given. */
  readonly range?: readonly [least: number, most: number];
  /** Of the differences: at most this times (1 + |expected|). */
  readonly tolerance: number;
}

/**
 * One function that gpu.js translates, and all that is needed to run it safely.
 *
 * Rules for a body, each of which gpu.js breaks without a word otherwise:
 * - a top-level named function that reaches nothing outside itself, with no two variables of one name;
 * - loops are bounded by `this.constants`, never by an argument (which would end them after 1000 rounds);
 * - no `%` and no `/` on indices (float32: wrong above 2^24), no reading out of range;
 * - no `Math.max` and `Math.min` of what may be NaN (they give the other operand), no `x !== x` (false for NaN), no `x * 0` (0 for
 *   NaN): `if (x > 1) return 1; return x;` keeps it, and `!(x < 1)` finds it;
 * - a variable begins with a value of the kind that it keeps (`let sum = 0.0` is no help: formatters write 0; begin with an operand).
 */
export interface GpuKernel {
  /** In messages, and the key of what is compiled. */
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies differ in their operands, which gpu.js passes
  readonly body: (this: any, ...operands: any[]) => number | number[];
  /** Neighboring columns that one thread returns, as an array; 1 if not given. The columns of the output are a multiple of it. */
  readonly lanes?: 2 | 4;
  readonly sample: GpuSample;
}
