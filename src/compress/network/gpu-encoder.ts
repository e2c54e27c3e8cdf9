import { referenceKernels } from '../../../kernels/backend.ts';
import type { GpuKernels } from '../../../kernels/resident/gpu-kernels.ts';
import type { ParameterSet } from '../../autodiff/parameters.ts';
import { Tape } from '../../autodiff/tape.ts';
import { colsOf, type Tensor } from '../../autodiff/tensor.ts';
import type { EncodedWith, RowEncoder } from './encoder.ts';
import type { RowRange } from './row-range.ts';
import { type Standardization, standardizeRows } from './standardization.ts';

/** Rows are standardized before they are sent. */
const HOST = referenceKernels();

/** A network in inference on a GPU: rows go up, compressed rows come down, and nothing else. */
export class GpuEncoder implements RowEncoder {
  readonly rows: number;
  readonly #kernels: GpuKernels;
  readonly #tape: Tape;
  /** (rows, dIn) */
  readonly #x: Tensor;
  /** (rows, dOut) */
  readonly #out: Tensor;
  readonly #standardization: Standardization;

  /** @param rows how many pass through the network at once; fewer cost as much */
  constructor(kernels: GpuKernels, parameters: ParameterSet, model: EncodedWith, rows: number) {
    const { kind, config, standardization } = model;
    this.rows = rows;
    this.#kernels = kernels;
    this.#tape = new Tape(kernels, { training: false });
    this.#x = this.#tape.input([rows, config.dIn]);
    this.#out = kind.record(this.#tape, parameters, this.#x, config);
    this.#standardization = standardization;
  }

  /** To be called by whoever made the kernels for this encoder alone. */
  close(): void {
    this.#kernels.close();
  }

  async encodeChunk(target: Float32Array, rows: RowRange): Promise<void> {
    const { first, count } = rows;
    const dOut = colsOf(this.#out);
    standardizeRows(HOST, this.#x.value, rows, this.#standardization);
    this.#kernels.send(this.#x.value);
    this.#tape.forward();
    await this.#kernels.fetch(this.#out.value);
    target.set(this.#out.value.subarray(0, count * dOut), first * dOut);
  }
}
