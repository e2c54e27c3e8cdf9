import type { Floats } from '../../kernels/operands.ts';

/** What changes parameters by their gradients. `scalars` and `moments()` are the whole state. */
export interface Optimizer {
  /** Updates every parameter from its gradient. */
  step(learningRate: number): void;
  /** Numbers that change from step to step, by name. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Arrays that change from step to step, by names such as `first/<parameter>`: views, not copies. */
  moments(): Map<string, { readonly shape: readonly number[]; readonly value: Floats }>;
  /** Continues from scalars saved earlier; the caller fills `moments()`. */
  restore(scalars: Readonly<Record<string, number>>): void;
}
