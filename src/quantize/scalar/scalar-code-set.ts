import { attachKernels, type Computing, computingOf, createKernels } from '../../../kernels/backend.ts';
import type { LayerWalk, WalkStart } from '../../../kernels/graph-walk/kernel.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { openView, type SharedKernels, type SharedView, shareView } from '../../../kernels/shared.ts';
import { bytesNeeded } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { type Beside, besideThatFits } from '../../tensor/vectors/beside.ts';
import type { WalkedSource } from '../../tensor/vectors/vector-set.ts';
import { ScalarQuantizer, type ScalarRange } from './scalar-quantizer.ts';

export interface ScalarCodeSetOptions extends Computing, Beside {
  /** The most codes that one call measures, 256 if not given. */
  readonly batch?: number;
  /** The vectors that were encoded: `setQueryRow` then asks for them and not for their codes. Ranges by dimension only. */
  readonly originals?: Matrix;
  /** How many sets in other threads may measure the same codes at once; 0 if not given. */
  readonly attachable?: number;
}

/** A set without originals as another thread can attach to it; can be sent by `postMessage`. */
export interface SharedScalarCodes {
  readonly kernels: SharedKernels;
  readonly codes: SharedView<Uint8Array>;
  readonly batch: number;
  readonly range: ScalarRange;
  readonly minima: Float32Array;
  readonly spans: Float32Array;
}

/** SQ8 codes in the place of vectors. */
export interface ScalarCodeSet extends WalkedSource {
  readonly dim: number;
  /** (size, dim), where the kernels reach them; not to be changed. */
  readonly codes: Uint8Array;
  setQuery(vectors: Float32Array, offset: number): void;
  /** distances[i] = |query - code first + i|², i < count, at most a batch. */
  scan(first: number, count: number): void;
  /** @throws {Error} if the set was made without attachable places */
  share(): SharedScalarCodes;
}

/**
 * @param codes (rows, dim); copied
 * @returns float distances from a query that is not coded where each dimension has its range; whole-number distances from a coded
 * query, times the square of a step, where all have one
 */
export function scalarCodeSet(
  quantizer: ScalarQuantizer,
  codes: Uint8Array,
  options: ScalarCodeSetOptions = {},
): ScalarCodeSet {
  return quantizer.range === 'uniform'
    ? new UniformCodeSet(quantizer, codes, options)
    : new DimensionCodeSet(quantizer, codes, options);
}

/**
 * The codes of a set of another thread, without a copy, with a query, ids and answers of its own.
 *
 * @param slot which of the places reserved by `attachable`, each used by one thread at a time
 * @throws {RangeError} if there is no such place
 */
export function attachScalarCodeSet(shared: SharedScalarCodes, slot: number): ScalarCodeSet {
  const { range, minima, spans, batch } = shared;
  const quantizer = new ScalarQuantizer(range, minima, spans);
  const codes = openView(shared.kernels, shared.codes);
  const kernels = attachKernels(shared.kernels, slot);
  return range === 'uniform'
    ? new UniformCodeSet(quantizer, codes, { batch }, kernels)
    : new DimensionCodeSet(quantizer, codes, { batch }, kernels);
}

/** Vectors beside the codes: steps and two queries. */
const MOST_VECTORS = 3;

/** What both have: codes, ids and distances in the memory of the kernels. */
class StoredCodes {
  readonly size: number;
  readonly dim: number;
  readonly codes: Uint8Array;
  readonly ids: Int32Array;
  readonly distances: Floats;
  readonly kernels: Kernels;
  readonly #attached: boolean;
  readonly #quantizer: ScalarQuantizer;

  /** @param attached kernels that reach the codes where they are */
  constructor(quantizer: ScalarQuantizer, codes: Uint8Array, options: ScalarCodeSetOptions, attached?: Kernels) {
    const { dim } = quantizer;
    const { batch = 256, attachable = 0 } = options;
    const each = bytesNeeded(({ ints, floats }) => {
      ints(batch);
      floats(batch);
      for (let i = 0; i < MOST_VECTORS; i++) floats(dim);
    });
    const { spare, spareEach } = besideThatFits(codes.length + each, each, attachable, options);
    const bytes = codes.length + each + spare;
    const bytesEach = each + spareEach;
    this.kernels = attached ?? createKernels({ ...computingOf(options), bytes, attachable, bytesEach });
    this.#attached = attached !== undefined;
    this.#quantizer = quantizer;
    this.size = codes.length / dim;
    this.dim = dim;
    this.codes = codes;
    if (!attached) {
      this.codes = this.kernels.bytes(codes.length);
      this.codes.set(codes);
    }
    this.ids = this.kernels.ints(batch);
    this.distances = this.kernels.floats(batch);
  }

  get backend(): Kernels['backend'] {
    return this.kernels.backend;
  }

  get counts(): Readonly<Counts> {
    return this.kernels.counts;
  }

  get spare(): number {
    return this.#attached ? 0 : this.kernels.room();
  }

  share(): SharedScalarCodes {
    const { range, minima, spans } = this.#quantizer;
    const kernels = this.kernels.share();
    return { kernels, codes: shareView(this.codes), batch: this.ids.length, range, minima, spans };
  }
}

/** |q - decode(c)|² = Σ (q - origin - step · c)². */
class DimensionCodeSet extends StoredCodes implements ScalarCodeSet {
  readonly #origins: Float32Array;
  readonly #steps: Floats;
  /** q - origin. */
  readonly #target: Floats;
  readonly #rowTarget: Floats;
  readonly #originals: Matrix | undefined;

  constructor(quantizer: ScalarQuantizer, codes: Uint8Array, options: ScalarCodeSetOptions, attached?: Kernels) {
    super(quantizer, codes, options, attached);
    this.#origins = quantizer.origins();
    this.#steps = this.kernels.floats(this.dim);
    this.#steps.set(quantizer.steps());
    this.#target = this.kernels.floats(this.dim);
    this.#rowTarget = this.kernels.floats(this.dim);
    this.#originals = options.originals;
  }

  get asymmetric(): boolean {
    return this.#originals !== undefined;
  }

  setQuery(vectors: Float32Array, offset: number): void {
    const target = this.#target;
    for (let i = 0; i < this.dim; i++) target[i] = vectors[offset + i]! - this.#origins[i]!;
  }

  setQueryRow(row: number): void {
    if (this.#originals) this.setQuery(this.#originals.data, row * this.dim);
    else this.#aimAtRow(this.#target, row);
  }

  measure(count: number): void {
    this.kernels.codeDistances(this.distances, this.#target, this.#steps, this.codes, this.ids, count, this.dim);
  }

  measureFrom(row: number, count: number): void {
    this.#aimAtRow(this.#rowTarget, row);
    this.kernels.codeDistances(this.distances, this.#rowTarget, this.#steps, this.codes, this.ids, count, this.dim);
  }

  scan(first: number, count: number): void {
    this.kernels.codeDistanceScan(this.distances, this.#target, this.#steps, this.codes, first, count, this.dim);
  }

  walkLayer(walk: LayerWalk, start: WalkStart): number {
    return this.kernels.walkCodes(walk, start, this.#target, this.#steps, this.codes, this.dim);
  }

  /** Between two codes the origins cancel. */
  #aimAtRow(target: Floats, row: number): void {
    const steps = this.#steps;
    const from = row * this.dim;
    for (let i = 0; i < this.dim; i++) target[i] = steps[i]! * this.codes[from + i]!;
  }
}

/** step² Σ (code of q - c)². */
class UniformCodeSet extends StoredCodes implements ScalarCodeSet {
  readonly #quantizer: ScalarQuantizer;
  readonly #scale: number;
  readonly #own: Uint8Array;
  /** The query: its own code, or that of a row. */
  #query: Uint8Array;
  #queryOffset = 0;

  constructor(quantizer: ScalarQuantizer, codes: Uint8Array, options: ScalarCodeSetOptions, attached?: Kernels) {
    super(quantizer, codes, options, attached);
    const step = Math.fround(quantizer.spans[0]! / 255);
    this.#quantizer = quantizer;
    this.#scale = Math.fround(step * step);
    this.#own = this.kernels.bytes(this.dim);
    this.#query = this.#own;
  }

  setQuery(vectors: Float32Array, offset: number): void {
    this.#quantizer.encodeInto(this.#own, 0, vectors, offset);
    this.#query = this.#own;
    this.#queryOffset = 0;
  }

  setQueryRow(row: number): void {
    this.#query = this.codes;
    this.#queryOffset = row * this.dim;
  }

  measure(count: number): void {
    this.#measure(this.#query, this.#queryOffset, count);
  }

  measureFrom(row: number, count: number): void {
    this.#measure(this.codes, row * this.dim, count);
  }

  scan(first: number, count: number): void {
    const { distances, codes, dim } = this;
    this.kernels.byteDistanceScan(distances, this.#query, this.#queryOffset, codes, first, count, dim, this.#scale);
  }

  walkLayer(walk: LayerWalk, start: WalkStart): number {
    const { codes, dim } = this;
    return this.kernels.walkBytes(walk, start, this.#query, this.#queryOffset, codes, dim, this.#scale);
  }

  #measure(query: Uint8Array, offset: number, count: number): void {
    this.kernels.byteDistances(this.distances, query, offset, this.codes, this.ids, count, this.dim, this.#scale);
  }
}
