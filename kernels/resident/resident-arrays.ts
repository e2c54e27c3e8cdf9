import { columnsOf, sumOf, withColumns } from '../elementwise/gpu.ts';
import type { GpuCall, GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel } from '../gpu/gpu-kernel.ts';
import type { GpuLink, GpuWork } from '../gpu/link.ts';
import type { Counts, Floats } from '../operands.ts';
import { ResultPool } from './result-pool.ts';

interface Resident {
  /** The array by which the operand is called, and where `fetch` puts its values. */
  readonly host: Float32Array;
  /** 0 everywhere, what the array on the host holds, or a result on the device. */
  content: 'zeros' | 'host' | GpuMatrix;
  /** Room on the device for what comes from the host, again and again. */
  sent: GpuMatrix | undefined;
}

/**
 * Operands on a GPU: each array of `floats` is a name for values that are on the device. Work on them is queued, and launched in
 * order by `launch`.
 *
 * A kernel of gpu.js cannot change its operands, so an operand is changed by pointing it at a new result. The result at which it
 * pointed is then free for the next launch of the same kernel and shape: training takes no memory after its second step.
 */
export class ResidentArrays implements GpuLink, GpuWork {
  readonly counts: Counts = { multiplyAdds: 0, distances: 0 };
  readonly #device: GpuDevice;
  readonly #pool: ResultPool;
  readonly #residents = new Map<ArrayBufferLike, Resident>();
  #queue: ((on: GpuWork) => Promise<void>)[] = [];
  /** Results of the present work that it still holds, and what it uploaded for itself. */
  #held: GpuMatrix[] = [];
  #uploaded: GpuMatrix[] = [];
  readonly #sent: GpuMatrix[] = [];

  readonly lanes: boolean;

  constructor(device: GpuDevice) {
    this.lanes = device.lanes;
    this.#device = device;
    this.#pool = new ResultPool(device);
  }

  /** A new operand, 0 everywhere. */
  floats(length: number): Float32Array {
    const host = new Float32Array(length);
    this.#residents.set(host.buffer, { host, content: 'zeros', sent: undefined });
    return host;
  }

  /** Bound to this object, so that families can take it out of their link. */
  readonly queue = (work: (on: GpuWork) => Promise<void>): void => {
    this.#queue.push(work);
  };

  /** Launches all that is queued; what is computed may still be under way afterwards. */
  async launch(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    try {
      for (const work of queue) {
        await work(this);
        this.#endWork();
      }
    } finally {
      this.#endWork();
    }
  }

  /** From now on the operand holds what its array on the host held at the next `launch`. */
  send(operand: Floats): void {
    this.queue(async () => {
      const resident = this.#residentOf(operand);
      this.#point(resident, 'host');
      if (resident.sent) await this.#device.write(resident.sent, resident.host);
      else {
        resident.sent = await this.#device.upload(resident.host, 1, resident.host.length);
        this.#sent.push(resident.sent);
      }
    });
  }

  /** Launches all that is queued, and copies the operands into their arrays on the host. */
  async fetch(...operands: readonly Floats[]): Promise<void> {
    await this.launch();
    for (const operand of operands) {
      const { content, host } = this.#residentOf(operand);
      if (content === 'zeros') host.fill(0);
      else if (content !== 'host') host.set(await this.#device.read(content));
    }
  }

  /**
   * Clears every operand but these. What they held is free at once for the results of the next step, which then take the same
   * places as those of the last one: half the memory, and gpu.js binds the same buffers to a kernel as before.
   */
  keepOnly(operands: readonly Floats[]): void {
    this.queue(async () => {
      const kept = new Set(operands.map((operand) => this.#residentOf(operand)));
      for (const resident of this.#residents.values()) if (!kept.has(resident)) this.#point(resident, 'zeros');
    });
  }

  /** Ends the use of all operands; what was compiled for them is left to the next ones of the device. */
  close(): void {
    this.#pool.close();
    this.#device.free(...this.#sent);
  }

  async read(operand: Floats, rows?: number, cols?: number): Promise<GpuMatrix> {
    const resident = this.#residentOf(operand);
    const { length } = resident.host;
    let matrix = await this.#matrixOf(resident);
    if (operand.length !== length) {
      matrix = await columnsOf(this, this.reshape(matrix, 1, length), operand.byteOffset / 4, operand.length);
    }
    if (rows === undefined || cols === undefined || (rows === matrix.rows && cols === matrix.cols)) return matrix;
    return this.reshape(matrix, rows, cols);
  }

  reshape(matrix: GpuMatrix, rows: number, cols: number): GpuMatrix {
    return this.#device.reshape(matrix, rows, cols);
  }

  async run(kernel: GpuKernel, call: Omit<GpuCall, 'slot'>): Promise<GpuMatrix> {
    const result = await this.#pool.run(kernel, call);
    this.#held.push(result);
    return result;
  }

  async write(operand: Floats, result: GpuMatrix): Promise<void> {
    const resident = this.#residentOf(operand);
    const { length } = resident.host;
    if (result.rows * result.cols !== operand.length) {
      throw new RangeError(`ResidentArrays: expected ${operand.length} values, got ${result.rows} x ${result.cols}.`);
    }
    if (operand.length === length) {
      this.#point(resident, result);
      return;
    }
    const whole = this.reshape(await this.#matrixOf(resident), 1, length);
    const part = this.reshape(result, 1, operand.length);
    this.#point(resident, await withColumns(this, whole, operand.byteOffset / 4, part));
  }

  async add(operand: Floats, result: GpuMatrix): Promise<void> {
    if (this.isClear(operand)) return this.write(operand, result);
    const { rows, cols } = result;
    const before = await this.read(operand, rows, cols);
    await this.write(operand, await sumOf(this, before, result));
  }

  async share(operand: Floats, other: Floats): Promise<void> {
    const source = this.#residentOf(other);
    if (typeof source.content === 'string' || other.length !== source.host.length) {
      const matrix = await this.read(other, 1, other.length);
      return this.write(operand, await columnsOf(this, matrix, 0, other.length));
    }
    return this.write(operand, source.content);
  }

  clear(operand: Floats): void {
    const resident = this.#residentOf(operand);
    if (operand.length !== resident.host.length) {
      throw new RangeError(`ResidentArrays: expected to clear ${resident.host.length} values, got ${operand.length}.`);
    }
    this.#point(resident, 'zeros');
  }

  isClear(operand: Floats): boolean {
    const { content, host } = this.#residentOf(operand);
    return content === 'zeros' && operand.length === host.length;
  }

  /** @throws {TypeError} if the array was not made by `floats` of this object */
  #residentOf(operand: Floats): Resident {
    const resident = this.#residents.get(operand.buffer);
    if (!resident) throw new TypeError('GPU: expected operands made by floats() of these kernels, got another array.');
    return resident;
  }

  async #matrixOf({ content, host, sent }: Resident): Promise<GpuMatrix> {
    if (content === 'host') return sent!;
    if (content !== 'zeros') return content;
    const zeros = await this.#device.upload(new Float32Array(host.length), 1, host.length);
    this.#uploaded.push(zeros);
    return zeros;
  }

  #point(resident: Resident, content: Resident['content']): void {
    if (typeof content !== 'string') this.#pool.retain(content);
    if (typeof resident.content !== 'string') this.#pool.release(resident.content);
    resident.content = content;
  }

  #endWork(): void {
    for (const result of this.#held) this.#pool.release(result);
    this.#device.free(...this.#uploaded);
    this.#held = [];
    this.#uploaded = [];
  }
}
