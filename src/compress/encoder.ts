import type { Kernels } from '../../kernels/kernels.ts';
import type { ParameterSet } from '../autodiff/parameters.ts';
import { Tape } from '../autodiff/tape.ts';
import type { Tensor } from '../autodiff/tensor.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { type Network, network } from './network.ts';
import { type Standardization, standardizeRows } from './standardization.ts';

/** Rows that pass through the network at once. A row's result does not depend on it: in inference every sum is of one row. */
export const ENCODER_ROWS = 256;

/** A network in inference: fixed-size chunks of rows in, compressed rows out. */
export class Encoder {
  readonly parameters: ParameterSet;
  readonly #tape: Tape;
  readonly #x: Tensor;
  readonly #out: Tensor;
  readonly #network: Network;
  readonly #standardization: Standardization;

  /** Takes its memory from `kernels`; parameters are shared, or created if they do not exist yet. */
  constructor(kernels: Kernels, parameters: ParameterSet, model: Network, standardization: Standardization) {
    this.parameters = parameters;
    this.#tape = new Tape(kernels, { training: false });
    this.#x = this.#tape.input([ENCODER_ROWS, model.config.dIn]);
    this.#out = network(this.#tape, parameters, this.#x, model);
    this.#network = model;
    this.#standardization = standardization;
  }

  /**
   * Compresses at most `ENCODER_ROWS` rows of x; what lies in the rest of the chunk is ignored.
   *
   * @param target (rows, dOut)
   * @param ids row first + r of `target` is row ids[first + r] of x; without ids, row first + r
   */
  encodeChunk(target: Float32Array, x: Matrix, ids: Int32Array | undefined, first: number, count: number): void {
    const { dOut } = this.#network.config;
    standardizeRows(this.#x.value, x, ids, first, count, this.#standardization);
    this.#tape.forward();
    target.set(this.#out.value.subarray(0, count * dOut), first * dOut);
  }
}
