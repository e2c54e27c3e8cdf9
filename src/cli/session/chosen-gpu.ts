import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { openNodeGpu } from '../../../kernels/gpu/opening/node.ts';
import type { Command } from './command.ts';
import type { Terminal } from './terminal.ts';

/**
 * Multiply-adds a thread of the CPU from which a GPU saves time, with some 0.5 s to open it, to compile and test its kernels, and to
 * move vectors there and back. A thread does about 15 G of them a second.
 */
export const PAYS_FROM = 5e10;

/** The GPU of one command: opened at once where it is asked for, or when there is work that it pays for. */
export class ChosenGpu {
  readonly #command: Command;
  readonly #env: Terminal['env'];
  readonly #threads: number;
  readonly #note: (line: string) => void;
  readonly #auto: boolean;
  #device: GpuDevice | undefined;

  constructor(command: Command, env: Terminal['env'], auto: boolean, threads: number, note: (line: string) => void) {
    this.#command = command;
    this.#env = env;
    this.#auto = auto;
    this.#threads = threads;
    this.#note = note;
  }

  /** What computes, if anything does so far. */
  get device(): GpuDevice | undefined {
    return this.#device;
  }

  /**
   * Opens the GPU that was asked for. A driver that imitates one on the CPU is taken only where CNT_GPU_SOFTWARE=1 says so: for tests.
   *
   * @throws {Error} if the command has no use for it, or there is none: what is missing
   */
  async open(): Promise<void> {
    if (!this.#command.onGpu) throw new Error('nothing of it runs on a GPU; choose auto, reference or simd.');
    this.#device = await openNodeGpu({ env: this.#env, software: this.#env['CNT_GPU_SOFTWARE'] === '1' });
    this.#say('');
  }

  /** As in `Session`. */
  async for(multiplyAdds: number): Promise<GpuDevice | undefined> {
    if (this.#device || !this.#auto || multiplyAdds < PAYS_FROM * this.#threads) return this.#device;
    try {
      this.#device = await openNodeGpu({ env: this.#env, requested: 'auto' });
    } catch {
      return undefined; // nobody asked for one
    }
    const [work, least] = [multiplyAdds, PAYS_FROM * this.#threads].map((amount) => Math.round(amount / 1e9));
    this.#say(`, for ${work} G multiply-adds; from ${least} G on it pays`);
    return this.#device;
  }

  async close(): Promise<void> {
    await this.#device?.close();
  }

  #say(reason: string): void {
    const { adapter, backend } = this.#device!.report;
    this.#note(`cnt ${this.#command.name}: computing on ${adapter} (${backend})${reason}.`);
  }
}
