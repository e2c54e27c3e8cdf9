import type { BackendChoice } from '../../kernels/backend.ts';

/** What an experiment uses of the program around it. */
export interface RunContext {
  readonly signal: AbortSignal;
  readonly backend: BackendChoice;
  /** What `backend` comes down to on this machine. */
  readonly ranOn: 'reference' | 'simd' | 'gpu';
  note(line: string): void;
  progress(label: string): { update(done: number, total: number, detail?: string): void; end(): void };
  /** Seconds of processor time, for durations only. */
  now(): number;
}
