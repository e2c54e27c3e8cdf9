import type { MachineMemory } from './machine-memory.ts';

/** Everything the command line touches of the process around it, so that a test can stand in for it. */
export interface Terminal {
  /** Writes text to stdout as it is. */
  out(text: string): void;
  /** Waits until a reader has taken what went to stdout, so that little of it is in memory; false once there is no reader. */
  drained(): Promise<boolean>;
  /** Writes text to stderr as it is. */
  err(text: string): void;
  /** Width of stderr in characters when it is a terminal whose line may be redrawn. */
  readonly columns: number | undefined;
  /** Seconds since some fixed moment: the only clock of the program. */
  now(): number;
  memory(): MachineMemory;
  /** Given when the user interrupts. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}
