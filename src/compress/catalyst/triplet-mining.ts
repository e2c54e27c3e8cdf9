import type { Computing } from '../../../kernels/backend.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Neighbors } from '../../tensor/nearest/neighbors.ts';
import type { Random } from '../../tensor/random/random.ts';
import { gatherRows } from '../training/gather-rows.ts';
import type { YieldToEventLoop } from '../training/trainee.ts';
import { NEGATIVE_RANK } from './catalyst-settings.ts';

/** Positives are sought among so many neighbors in the input space, of which the first is the anchor itself. */
export const POSITIVES = 10;
/** Anchors of one search, so that a long mining can be interrupted; `nearest` works on as many at a time anyway. */
const CHUNK = 1024;

/**
 * Positives and negatives of anchors, by exact search among the learning rows.
 *
 * Source: Sablayrolles et al. 2019, section 3.3: a positive is one of the ten nearest in the input space, which count the anchor itself; the
 * negative is the fiftieth in the present output space.
 * Departs: exact search for negatives; the authors' code uses HNSW.
 */
export class TripletMining {
  /** Row of the base that is the negative of learning row i, as last mined. */
  readonly negatives: Int32Array;
  readonly #learning: Int32Array;
  readonly #computing: Computing;
  /** Place of a row of the base among the learning rows. */
  readonly #placeOf: ReadonlyMap<number, number>;
  /** Rows of the base nearest to learning row i, from i · POSITIVES on; -1 until sought. */
  readonly #near: Int32Array;

  /** @param learning rows of the base */
  constructor(learning: Int32Array, computing: Computing) {
    this.#learning = learning;
    this.#computing = computing;
    this.#placeOf = new Map(Array.from(learning, (id, place) => [id, place]));
    this.#near = new Int32Array(learning.length * POSITIVES).fill(-1);
    this.negatives = new Int32Array(learning.length);
  }

  /** Finds the neighbors in the input space of those anchors whose neighbors are not known yet. */
  async minePositives(base: Matrix, anchors: Int32Array, yieldToEventLoop: YieldToEventLoop): Promise<void> {
    const places = this.#places(anchors).filter((place) => this.#near[place * POSITIVES] === -1);
    if (places.length === 0) return;
    const rows = gatherRows(base, this.#learning);
    await this.#search('searching positives', rows, places, POSITIVES, yieldToEventLoop, (place, found, first) => {
      for (let r = 0; r < POSITIVES; r++) {
        this.#near[place * POSITIVES + r] = this.#learning[found.ids.data[first + r]!]!;
      }
    });
  }

  /**
   * Finds the negatives of anchors.
   *
   * @param encoded (learning rows, dOut), as the network now maps them
   */
  async mineNegatives(encoded: Matrix, anchors: Int32Array, yieldToEventLoop: YieldToEventLoop): Promise<void> {
    await this.#search(
      'searching negatives',
      encoded,
      this.#places(anchors),
      NEGATIVE_RANK,
      yieldToEventLoop,
      (place, found, first) => {
        this.negatives[place] = this.#learning[found.ids.data[first + NEGATIVE_RANK - 1]!]!;
      },
    );
  }

  /**
   * The rows of a batch: anchors, then their positives, drawn in order from `random`, then their negatives.
   *
   * @param target (3 · count) rows of the base; overwritten
   */
  triplets(target: Int32Array, ids: Int32Array, first: number, count: number, random: Random): void {
    for (let i = 0; i < count; i++) {
      const anchor = ids[first + i]!;
      const place = this.#placeOf.get(anchor)!;
      target[i] = anchor;
      target[count + i] = this.#near[place * POSITIVES + random.below(POSITIVES)]!;
      target[2 * count + i] = this.negatives[place]!;
    }
  }

  #places(anchors: Int32Array): Int32Array {
    return anchors.map((id) => this.#placeOf.get(id)!);
  }

  /** Calls `take` for each place, with its k neighbors from `first` on in `found`. */
  async #search(
    what: string,
    rows: Matrix,
    places: Int32Array,
    k: number,
    yieldToEventLoop: YieldToEventLoop,
    take: (place: number, found: Neighbors, first: number) => void,
  ): Promise<void> {
    for (let start = 0; start < places.length; start += CHUNK) {
      const chunk = places.subarray(start, start + CHUNK);
      const found = nearest(rows, gatherRows(rows, chunk), k, this.#computing);
      chunk.forEach((place, i) => {
        take(place, found, i * k);
      });
      await yieldToEventLoop({ what, done: start + chunk.length, total: places.length });
    }
  }
}
