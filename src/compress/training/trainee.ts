import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Optimizer } from '../../nn/optimizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import type { RowEncoder } from '../network/encoder.ts';

/** Rows of the base and what the model makes of them. */
export interface EncodedRows {
  readonly ids: Int32Array;
  /** (ids, dOut) */
  readonly encoded: Matrix;
}

/** Training rows among which neighbors of the held-out rows are sought. */
export interface Probe extends EncodedRows {
  /** Of each of the first held-out rows the ten nearest in the original space: ids are rows of the probe. */
  readonly neighbors: Ids;
}

export interface HeldOutLoss {
  /** The loss of held-out rows, with the running statistics. */
  readonly heldOutLoss: number;
  /**
   * The same without weights and without what only steers: of INRP with every weight 1 (the mean error of a distance, in
   * standardized units), of a VAE the squared error of the reconstruction, of Catalyst the rank loss.
   */
  readonly heldOutError: number;
}

/** How far work between two steps is, where it takes long: the search for triplets. */
export interface PreparationReport {
  /** `searching negatives` */
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** Awaited between pieces of work: lets signals, timers and the screen have their turn, and throws to end the training. */
export type YieldToEventLoop = (work?: PreparationReport) => Promise<void>;

/** What the loop of training needs of a model, whatever its method; all of it lies where one `Kernels` reaches it. */
export interface Trainee {
  readonly parameters: ParameterSet;
  readonly optimizer: Optimizer;
  /** Shares the parameters: it always encodes with the present ones. */
  readonly encoder: RowEncoder;
  /** What else decides how an epoch goes on: kept in checkpoints, and filled from them. */
  readonly mined?: ReadonlyMap<string, Int32Array>;
  /**
   * Called before the first step of each epoch, and before the first step after a checkpoint.
   *
   * @param ids the training rows in the order of the epoch
   * @param continuing the epoch goes on from a checkpoint
   */
  beginEpoch?(base: Matrix, ids: Int32Array, continuing: boolean, yieldToEventLoop: YieldToEventLoop): Promise<void>;
  /**
   * One step: forwards, backwards, update.
   *
   * @param ids the batch is rows ids[first], ids[first + 1], .. of base
   * @param step how many were made before
   * @returns the loss before the update; if it is not finite, nothing was updated. On a GPU, which works ahead: the losses
   *   of the steps that have not been told yet, in order, every so many steps, and otherwise none
   */
  step(
    base: Matrix,
    ids: Int32Array,
    first: number,
    learningRate: number,
    step: number,
  ): number | Promise<readonly number[]>;
  heldOutLoss(base: Matrix, heldOut: EncodedRows, probe: Probe): HeldOutLoss | Promise<HeldOutLoss>;
  /** Leaves the memory; parameters and moments must not be used any more. */
  close(): void;
  /** On a GPU: takes there what the caller wrote to parameters, statistics and moments. */
  send?(): void;
  /** On a GPU: brings parameters, statistics and moments to where the caller reads them. @returns losses as `step` does */
  fetch?(): Promise<readonly number[]>;
}
