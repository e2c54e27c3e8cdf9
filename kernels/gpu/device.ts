import type { GpuJsInstance, GpuJsKernel } from './gpu-js.ts';
import type { GpuKernel } from './gpu-kernel.ts';
import type { GpuReport } from './report.ts';
import { expectedOf, requireSame, trials } from './self-test.ts';
import type { Handle, Store } from './stores/store.ts';

/** Launches that may be under way at once, twice over. Without a limit a slow driver held 1.8 GB after 8000 launches of 256 KB. */
const LAUNCHES_IN_FLIGHT = 64;
/** Columns or rows that one launch over two dimensions can have: 65,535 work groups of 8. */
const MOST_THREADS = 8 * 65_535;

/** A matrix on the device. */
export interface GpuMatrix {
  readonly rows: number;
  readonly cols: number;
}

/** One run of a kernel. */
export interface GpuCall {
  /** Of the result, or of each of its layers. */
  readonly rows: number;
  readonly cols: number;
  /** The result is so many layers (rows, cols), one below the other; `thread.z` is the layer. 1 if not given. */
  readonly layers?: number;
  /** Known when the kernel is compiled: one compiled kernel for each set of them. */
  readonly constants?: Readonly<Record<string, number>>;
  readonly inputs: readonly (GpuMatrix | number)[];
  /**
   * Where the result goes. All calls of one kernel, shape and slot share one matrix: no memory is taken, and a call overwrites
   * what the one before gave, so a call can never read its own slot. Without a slot the result is a matrix of its own, to be freed.
   */
  readonly slot?: string;
}

class Resident implements GpuMatrix {
  readonly rows: number;
  readonly cols: number;
  /** Undefined once freed. */
  handle: Handle | undefined;
  readonly slot: boolean;

  constructor(rows: number, cols: number, handle: Handle, slot: boolean) {
    this.rows = rows;
    this.cols = cols;
    this.handle = handle;
    this.slot = slot;
  }
}

interface Compiled {
  readonly run: GpuJsKernel;
  /** The matrix of the slot, once there is one. */
  result: Resident | undefined;
}

/**
 * Kernels and the matrices between them on one GPU. Matrices stay there from one kernel to the next; only `upload`, `write` and
 * `read` move values.
 *
 * Each kernel is compared with its own body, run as JavaScript on a small sample, before it is used for the first time: gpu.js is
 * young, drivers differ, and minifiers have made it compute something else without a word.
 */
export class GpuDevice {
  readonly report: GpuReport;
  readonly #gpu: GpuJsInstance;
  readonly #store: Store;
  readonly #onClose: () => Promise<void>;
  readonly #compiled = new Map<string, Compiled>();
  readonly #tested = new Map<string, Promise<void>>();
  #launches = 0;
  #earlier: Promise<void> = Promise.resolve();

  constructor(report: GpuReport, gpu: GpuJsInstance, store: Store, onClose: () => Promise<void>) {
    this.report = report;
    this.#gpu = gpu;
    this.#store = store;
    this.#onClose = onClose;
  }

  /** Whether kernels of several columns a thread run here. */
  get lanes(): boolean {
    return this.#store.lanes;
  }

  /** The most values of one matrix. */
  get capacity(): number {
    return this.#store.capacity;
  }

  /** How many kernels are compiled, self-tests included. */
  get compiled(): number {
    return this.#compiled.size;
  }

  /** @param values (rows, cols), row-major, copied */
  async upload(values: Float32Array, rows: number, cols: number): Promise<GpuMatrix> {
    if (values.length !== rows * cols) {
      throw new RangeError(`GpuDevice.upload: expected ${rows} x ${cols} values, got ${values.length}.`);
    }
    this.#requireRoom('upload', rows, cols);
    return new Resident(rows, cols, await this.#store.upload(values, rows, cols), false);
  }

  /** Replaces the values of a matrix that `upload` gave. */
  async write(matrix: GpuMatrix, values: Float32Array): Promise<void> {
    const resident = matrix as Resident;
    if (values.length !== matrix.rows * matrix.cols) {
      throw new RangeError(`GpuDevice.write: expected ${matrix.rows} x ${matrix.cols} values, got ${values.length}.`);
    }
    resident.handle = await this.#store.write(this.#handleOf(matrix), values);
  }

  /** The values, row-major, once all work before is done. */
  read(matrix: GpuMatrix): Promise<Float32Array> {
    return this.#store.read(this.#handleOf(matrix), matrix.rows, matrix.cols);
  }

  /** Gives back the memory of matrices; a matrix of a slot stays until the device is closed. */
  free(...matrices: readonly GpuMatrix[]): void {
    for (const matrix of matrices as readonly Resident[]) {
      if (matrix.slot || !matrix.handle) continue;
      this.#store.free(matrix.handle);
      matrix.handle = undefined;
    }
  }

  /** The same values as (rows, cols): a view, to be used before the matrix is freed, or its slot overwritten. */
  reshape(matrix: GpuMatrix, rows: number, cols: number): GpuMatrix {
    if (rows * cols !== matrix.rows * matrix.cols) {
      const expected = `${matrix.rows} x ${matrix.cols} values`;
      throw new RangeError(`GpuDevice.reshape: expected ${expected}, got ${rows} x ${cols}.`);
    }
    return new Resident(rows, cols, this.#store.reshape(this.#handleOf(matrix), rows, cols), true);
  }

  /** When all work given so far is done. */
  settle(): Promise<void> {
    return this.#store.settle();
  }

  /**
   * Runs a kernel; the first time after its self-test.
   *
   * @throws {RangeError} if the result is of a size that the device cannot hold or launch
   * @throws {Error} if the kernel fails its self-test, or the device refuses it
   */
  async run(kernel: GpuKernel, call: GpuCall): Promise<GpuMatrix> {
    let tested = this.#tested.get(kernel.name);
    if (!tested) {
      tested = this.#selfTest(kernel);
      this.#tested.set(kernel.name, tested);
    }
    await tested;
    return this.#launch(kernel, call);
  }

  /** Ends the use of the device; its matrices are gone. */
  async close(): Promise<void> {
    await this.settle().catch(() => {}); // a lost device has nothing left to do
    for (const { run } of this.#compiled.values()) run.destroy?.();
    this.#compiled.clear();
    await this.#gpu.destroy();
    await this.#onClose();
  }

  async #selfTest(kernel: GpuKernel): Promise<void> {
    const { layers = 1, rows, cols, constants, inputs } = kernel.sample;
    for (const operands of trials(kernel.sample)) {
      const given: (GpuMatrix | number)[] = [];
      for (const [i, operand] of operands.entries()) {
        const shape = inputs[i]!;
        const stands = typeof operand === 'number' || typeof shape === 'number';
        given.push(stands ? (operand as number) : await this.upload(operand, shape[0], shape[1]));
      }
      const result = await this.#launch(kernel, { layers, rows, cols, constants, inputs: given });
      const found = await this.read(result);
      this.free(result, ...given.filter((operand) => typeof operand !== 'number'));
      requireSame(kernel, this.report.adapter, found, expectedOf(kernel, operands));
    }
  }

  async #launch(kernel: GpuKernel, call: GpuCall): Promise<GpuMatrix> {
    const { layers = 1, cols, inputs, slot } = call;
    const rows = layers * call.rows;
    const compiled = this.#compile(kernel, call);
    if (++this.#launches % LAUNCHES_IN_FLIGHT === 0) {
      await this.#earlier;
      this.#earlier = this.#store.settle();
    }
    const operands = inputs.map((input) => (typeof input === 'number' ? input : this.#handleOf(input)));
    let handle: Handle;
    try {
      handle = await this.#store.run(compiled.run, operands, rows, cols);
    } catch (error) {
      const [text] = String(error instanceof Error ? error.message : error).split('--- generated');
      throw new Error(`GPU kernel ${kernel.name}: ${text!.replace(/\s+/g, ' ').trim()}`);
    }
    if (slot === undefined) return new Resident(rows, cols, handle, false);
    if (!compiled.result) compiled.result = new Resident(rows, cols, handle, true);
    else compiled.result.handle = handle;
    return compiled.result;
  }

  #compile(kernel: GpuKernel, { layers = 1, rows, cols, constants = {}, inputs, slot }: GpuCall): Compiled {
    const shapes = inputs.map((input) => (typeof input === 'number' ? 'n' : `${input.rows}x${input.cols}`));
    const sizes = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
    const key = [kernel.name, `${layers}x${rows}x${cols}`, ...sizes, ...shapes, slot ?? ''].join(' ');
    let compiled = this.#compiled.get(key);
    if (compiled) return compiled;
    const lanes = kernel.lanes ?? 1;
    if (lanes > 1 && !this.lanes) throw new Error(`GPU kernel ${kernel.name}: expected a device with lanes, got none.`);
    if (cols % lanes !== 0) {
      throw new RangeError(`GPU kernel ${kernel.name}: expected a multiple of ${lanes} columns, got ${cols}.`);
    }
    this.#requireRoom(`kernel ${kernel.name}`, layers * rows, cols);
    if (rows > MOST_THREADS || (rows > 1 && cols / lanes > MOST_THREADS)) {
      const most = `${MOST_THREADS} rows and columns`;
      throw new RangeError(`GPU kernel ${kernel.name}: expected at most ${most}, got ${rows} x ${cols}.`);
    }
    const whole = Object.keys(constants).map((name) => [name, 'Integer'] as const);
    const run = this.#gpu.createKernel(kernel.body, {
      output: this.#store.outputOf(layers, rows, cols, lanes),
      constants,
      pipeline: true,
      constantTypes: Object.fromEntries(whole),
      immutable: slot === undefined,
      precision: 'single',
      tactic: 'precision',
    });
    compiled = { run, result: undefined };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #requireRoom(where: string, rows: number, cols: number): void {
    const least = Number.isSafeInteger(rows) && Number.isSafeInteger(cols) && rows > 0 && cols > 0;
    if (least && rows * cols <= this.capacity) return;
    const most = `from 1 to ${this.capacity} values (what this device holds in one matrix)`;
    throw new RangeError(`GpuDevice: ${where}: expected ${most}, got ${rows} x ${cols}.`);
  }

  #handleOf(matrix: GpuMatrix): Handle {
    const { handle } = matrix as Resident;
    if (!handle) throw new Error(`GpuDevice: expected a matrix on the device, got one that was freed.`);
    return handle;
  }
}
