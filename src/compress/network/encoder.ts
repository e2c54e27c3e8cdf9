import type { Kernels } from '../../../kernels/kernels.ts';
import type { ParameterSet } from '../../autodiff/parameters.ts';
import { Tape } from '../../autodiff/tape.ts';
import { colsOf, type Tensor } from '../../autodiff/tensor.ts';
import type { NetworkKind, NetworkSizes } from './network.ts';
import type { RowRange } from './row-range.ts';
import { type Standardization, standardizeRows } from './standardization.ts';

/** What an encoder computes: a network of standardized rows. */
export interface EncodedWith<Config extends NetworkSizes = NetworkSizes> {
  readonly kind: NetworkKind<Config>;
  readonly config: Config;
  readonly standardization: Standardization;
}

/** Rows that pass through the network at once, unless told otherwise. A row's result does not depend on it: in inference every sum is of one row. */
export const ENCODER_ROWS = 256;
/** The same for the few, such as a single query, that would not be worth a whole chunk (measured: 30 times faster). */
const FEW_ROWS = 8;

/** The network for a fixed number of rows. */
interface Chunk {
  readonly tape: Tape;
  /** (rows, dIn) */
  readonly x: Tensor;
  /** (rows, dOut) */
  readonly out: Tensor;
}

/** What turns rows into compressed rows, a chunk at a time. */
export interface RowEncoder {
  /** The most rows of a chunk. */
  readonly rows: number;
  /**
   * Compresses at most `rows` rows.
   *
   * @param target (at least first + count, dOut): its rows first .. first + count - 1 are overwritten
   */
  encodeChunk(target: Float32Array, rows: RowRange): void | Promise<void>;
}

/** A network in inference: chunks of rows in, compressed rows out. */
export class Encoder implements RowEncoder {
  readonly rows: number;
  readonly parameters: ParameterSet;
  readonly #whole: Chunk;
  readonly #few: Chunk;
  readonly #standardization: Standardization;

  /**
   * Takes its memory from `kernels`; parameters are shared, or created if they do not exist yet.
   *
   * @param rows how many pass through the network at once
   */
  constructor(kernels: Kernels, parameters: ParameterSet, model: EncodedWith, rows = ENCODER_ROWS) {
    const { kind, config, standardization } = model;
    const chunk = (rows: number): Chunk => {
      const tape = new Tape(kernels, { training: false });
      const x = tape.input([rows, config.dIn]);
      return { tape, x, out: kind.record(tape, parameters, x, config) };
    };
    this.rows = rows;
    this.parameters = parameters;
    this.#whole = chunk(rows);
    this.#few = chunk(FEW_ROWS);
    this.#standardization = standardization;
  }

  encodeChunk(target: Float32Array, rows: RowRange): void {
    const { first, count } = rows;
    const chunk = count <= FEW_ROWS ? this.#few : this.#whole;
    const dOut = colsOf(chunk.out);
    standardizeRows(chunk.tape.kernels, chunk.x.value, rows, this.#standardization);
    chunk.tape.forward();
    target.set(chunk.out.value.subarray(0, count * dOut), first * dOut);
  }
}
