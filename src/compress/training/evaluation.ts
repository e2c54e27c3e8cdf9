import type { Computing } from '../../../kernels/backend.ts';
import { intersectionAt, recallAt } from '../../eval/recall.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { ExactSearch } from '../../tensor/nearest/exact-search.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import { LARGEST_VALUE } from '../../tensor/range.ts';
import { gatherRows } from './gather-rows.ts';
import type { CommonSettings } from './settings.ts';
import type { Split } from './split.ts';
import type { HeldOutLoss, Trainee, YieldToEventLoop } from './trainee.ts';

/**
 * The probe: held-out rows as queries, training rows to be found, in numbers that cost a few percent of the training. With 500 queries the curve
 * of 1@1 was mostly noise: its standard error near 60 % is 2.2 points, with 2000 it is 1.1.
 */
export const PROBE_QUERIES = 2000;
const PROBE_ROWS = 10_000;
const NEIGHBORS = 10;
/** Batches of the held-out loss, at most. */
export const HELD_OUT_BATCHES = 10;

export interface Evaluation extends HeldOutLoss {
  /** Of the probe, from 0 to 1. */
  readonly recall: ProbeRecall;
}

export interface ProbeRecall {
  /** 1@1: the nearest neighbor in the original space is the nearest in the compressed one. */
  readonly nearest: number;
  /** 10@10: the share of the ten nearest that are the same. */
  readonly tenNearest: number;
}

/** Rows of a batch of the held-out loss: as in training, or all held-out rows if there are fewer. */
export function heldOutBatch(settings: CommonSettings, split: Split): number {
  return Math.min(settings.batch, split.heldOut.length);
}

/** Measures a model in training on rows that it does not train on. */
export class Evaluator {
  readonly #base: Matrix;
  readonly #dOut: number;
  readonly #computing: Computing;
  readonly #heldOut: Int32Array;
  readonly #probeRows: Int32Array;
  readonly #queries: number;
  readonly #truth: Ids;

  /** Finds the true neighbors of the probe once. */
  constructor(base: Matrix, settings: CommonSettings, split: Split, computing: Computing) {
    this.#base = base;
    this.#dOut = settings.network.config.dOut;
    this.#computing = computing;
    this.#heldOut = split.heldOut.slice(0, Math.max(PROBE_QUERIES, HELD_OUT_BATCHES * settings.batch));
    this.#probeRows = split.training.slice(0, PROBE_ROWS);
    this.#queries = Math.min(PROBE_QUERIES, split.heldOut.length);
    this.#truth = this.#nearest(
      gatherRows(base, this.#probeRows),
      gatherRows(base, this.#heldOut.subarray(0, this.#queries)),
    );
  }

  /**
   * @param yieldToEventLoop awaited after each chunk of work, so that a long evaluation can be interrupted by its throwing
   * @returns undefined if the model gives NaN, or numbers beyond what vectors may hold
   */
  async evaluate(model: Trainee, yieldToEventLoop: YieldToEventLoop): Promise<Evaluation | undefined> {
    const heldOut = await this.#encode(model, this.#heldOut, yieldToEventLoop);
    const probe = await this.#encode(model, this.#probeRows, yieldToEventLoop);
    if (![heldOut, probe].every(({ data }) => data.every((value) => Math.abs(value) <= LARGEST_VALUE)))
      return undefined;
    const { cols } = heldOut;
    const queries = createMatrix(this.#queries, cols, heldOut.data.subarray(0, this.#queries * cols));
    const found = this.#nearest(probe, queries);
    return {
      ...(await model.heldOutLoss(
        this.#base,
        { ids: this.#heldOut, encoded: heldOut },
        { ids: this.#probeRows, encoded: probe, neighbors: this.#truth },
      )),
      recall: { nearest: recallAt(found, this.#truth, 1), tenNearest: intersectionAt(found, this.#truth, NEIGHBORS) },
    };
  }

  async #encode({ encoder }: Trainee, ids: Int32Array, yieldToEventLoop: YieldToEventLoop): Promise<Matrix> {
    const encoded = createMatrix(ids.length, this.#dOut);
    for (let first = 0; first < ids.length; first += encoder.rows) {
      const count = Math.min(encoder.rows, ids.length - first);
      await encoder.encodeChunk(encoded.data, { x: this.#base, ids, first, count });
      await yieldToEventLoop();
    }
    return encoded;
  }

  #nearest(base: Matrix, queries: Matrix): Ids {
    // Not `nearest`: codes that have collapsed are no error here, the recall tells.
    return new ExactSearch(base, this.#computing).search(queries, NEIGHBORS).ids;
  }
}
