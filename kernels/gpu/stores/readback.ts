import type { WebGpuBuffer, WebGpuDevice } from '../gpu-js.ts';

const MAP_READ = 0x0001;
const COPY_DST = 0x0008;
/** Floats of one buffer, 4 MiB, and how many buffers take turns: one is copied to the host while the next are under way. */
const FLOATS = 2 ** 20;
const BUFFERS = 3;

/**
 * Brings values to the host through a few buffers that are kept. A new buffer for each readback would be new memory each time, whose
 * first touch costs more than the copy (measured on SwiftShader, 40 MB: 23 ms at best instead of 477).
 */
export class Readback {
  readonly #device: WebGpuDevice;
  readonly #buffers: WebGpuBuffer[] = [];
  /** The readback under way, if any: they take turns. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(device: WebGpuDevice) {
    this.#device = device;
  }

  /** The first `length` floats of a buffer, once all work before is done. */
  read(source: WebGpuBuffer, length: number): Promise<Float32Array> {
    const values = this.#last.then(() => this.#read(source, length));
    this.#last = values.catch(() => {}); // the caller is told
    return values;
  }

  /** Gives back the buffers. */
  close(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  async #read(source: WebGpuBuffer, length: number): Promise<Float32Array> {
    const values = new Float32Array(length);
    const pieces = Math.ceil(length / FLOATS);
    const mapped: Promise<void>[] = [];
    for (let piece = 0; piece < Math.min(BUFFERS, pieces); piece++) mapped.push(this.#fetch(source, piece, length));
    try {
      for (let piece = 0; piece < pieces; piece++) {
        await mapped[piece];
        const buffer = this.#buffers[piece % BUFFERS]!;
        const count = Math.min(FLOATS, length - piece * FLOATS);
        values.set(new Float32Array(buffer.getMappedRange(0, 4 * count)), piece * FLOATS);
        buffer.unmap();
        if (piece + BUFFERS < pieces) mapped.push(this.#fetch(source, piece + BUFFERS, length));
      }
    } catch (error) {
      await Promise.allSettled(mapped);
      this.close();
      this.#buffers.length = 0;
      throw error;
    }
    return values;
  }

  /** Copies a piece to its buffer. */
  #fetch(source: WebGpuBuffer, piece: number, length: number): Promise<void> {
    const device = this.#device;
    const buffer = (this.#buffers[piece % BUFFERS] ??= device.createBuffer({
      size: 4 * FLOATS,
      usage: MAP_READ | COPY_DST,
    }));
    const bytes = 4 * Math.min(FLOATS, length - piece * FLOATS);
    const commands = device.createCommandEncoder();
    commands.copyBufferToBuffer(source, 4 * piece * FLOATS, buffer, 0, bytes);
    device.queue.submit([commands.finish()]);
    return buffer.mapAsync(MAP_READ, 0, bytes);
  }
}
