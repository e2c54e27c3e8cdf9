import type { BackendChoice } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import type { CommonValues, OptionTable, OptionValues } from '../arguments/options.ts';
import type { MachineMemory } from './machine-memory.ts';
import type { Progress } from './progress.ts';

/** What a command may use while it runs. */
export interface Session {
  readonly signal: AbortSignal;
  /** What `--backend` chose for what the CPU computes. */
  readonly backend: BackendChoice;
  /** Open if `--backend gpu` was given, or `gpuFor` opened it, until the command ends. */
  readonly gpu?: GpuDevice | undefined;
  /**
   * The GPU for work whose result has the same bits wherever it is done: the one that `--backend gpu` asked for; or with `auto`
   * one of hardware, if there is one and the work is so much that it pays.
   *
   * @param multiplyAdds of the whole work
   */
  gpuFor(multiplyAdds: number): Promise<GpuDevice | undefined>;
  /** What therefore runs. */
  readonly ranOn: 'reference' | 'simd' | 'gpu';
  /** What `--threads` chose, or all cores. */
  readonly threads: number;
  /** Text on stdout, as it is, for results that a program behind a pipe reads. @returns false once nobody reads */
  write(text: string): Promise<boolean>;
  /** As it was when the command began. */
  readonly memory: MachineMemory;
  /** A line on stderr, unless quiet. */
  note(line: string): void;
  progress(label: string): Progress;
  /** Seconds, for durations. */
  now(): number;
}

/** What a command found: the lines that a person reads, and the same for a program. */
export interface Outcome {
  readonly lines: readonly string[];
  /** Where stdout has the results themselves. */
  readonly linesOnStderr?: true;
  readonly json: object;
}

/** Positional arguments: how they are called in help, and whether there may be several. */
export interface Operands {
  readonly placeholder: string;
  readonly many: boolean;
}

export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line for the overview. */
  readonly purpose: string;
  readonly operands?: Operands;
  readonly options: T;
  /** Paragraphs after the purpose in the command's own help. */
  readonly about?: readonly string[];
  readonly examples: readonly string[];
  /** Whether the command has a use for `--backend gpu`; without it, that is refused. */
  readonly onGpu?: true;
  /** @throws UsageError where options contradict each other; any other error where the work fails */
  run(values: OptionValues<T> & CommonValues, operands: readonly string[], session: Session): Promise<Outcome>;
}

/**
 * Infers the option types of a command inside, and shows all commands alike outside.
 *
 * @param purpose one line for the overview
 */
export function defineCommand<const T extends OptionTable>(
  name: string,
  purpose: string,
  command: Omit<Command<T>, 'name' | 'purpose'>,
): Command {
  return { name, purpose, ...command } as Command<T>;
}

/** How many threads the kernels of a session really compute on. */
export function kernelThreads({ ranOn, threads }: Session): number {
  return ranOn === 'reference' ? 1 : threads;
}

/** The row that says what a result is: its digest, or, since none is taken of what a GPU computed, which GPU that was. */
export function resultRow(
  { gpu }: Session,
  digest: string | undefined,
): readonly [name: string, value: string | undefined] {
  return gpu ? ['computed on', gpu.report.adapter] : ['digest', digest];
}
