import type { CntChoices } from '../../compress/cnt/training/cnt-settings.ts';
import type { Compressor } from '../../compress/compressor.ts';
import { METHODS, type Method } from '../../compress/methods.ts';
import { GraphIndex } from '../../index/graph/graph-index.ts';
import type { NeighborGraph } from '../../index/graph/nsg-archive.ts';
import { NsgIndex } from '../../index/graph/nsg-index.ts';
import { digestArrays } from '../../io/digest.ts';
import { createMatrix, firstRows, type Matrix } from '../../tensor/matrix.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';
import { type MethodOrNone, rowName } from '../methods/method.ts';
import { trainMethod } from '../methods/train-method.ts';
import { HNSW_SETTINGS, NSG_SETTINGS, neighborGraphFor } from '../printed/settings.ts';
import type { RunContext } from '../run-context.ts';
import type { ExperimentData } from './experiment-data.ts';
import type { StepKey, StepStore } from './step-store.ts';

/** Rows of a graph that is built and forgotten before the first timed one; at most a share of those that are given. */
const WARM_UP_ROWS = 1000;
const WARM_UP_SHARE = 1 / 4;

type OnProgress = (done: number, total: number, detail?: string) => void;

/** Rows compressed between two checks of the signal. */
const ENCODED_ROWS = 8192;

/** Vectors and queries after compression. */
export interface Compressed {
  readonly base: Matrix;
  readonly query: Matrix;
  readonly modelDigest: string;
  /** For the base; 0 without compression. */
  readonly compressingSeconds: number;
}

/** A graph, and what building it took. */
export interface BuiltGraph<Index> {
  readonly index: Index;
  readonly indexingSeconds: number;
  readonly indexingDistances: number;
  readonly indexingMultiplyAdds: number;
  /** NSG: its k-NN graph, whose part of the work `multiplyAdds` is. */
  readonly neighborGraph?: { readonly parameters: NeighborGraph; readonly multiplyAdds: number };
}

/**
 * One data set and what the tables share: compressors are trained once, graphs are built once. Each model is stored as it is
 * finished; graphs are kept in memory.
 */
export class Experiment {
  readonly data: ExperimentData;
  readonly context: RunContext;
  readonly store: StepStore;
  readonly seed: number;
  readonly samples: number;
  readonly #compressors = new Map<string, Compressor>();
  readonly #compressed = new Map<string, Compressed>();
  readonly #hnsw = new Map<string, BuiltGraph<GraphIndex>>();
  readonly #warmed = new Set<string>();

  /** @param samples rows that pass through a network in training */
  constructor(data: ExperimentData, context: RunContext, store: StepStore, options: { seed: number; samples: number }) {
    this.data = data;
    this.context = context;
    this.store = store;
    this.seed = options.seed;
    this.samples = options.samples;
  }

  /** What every result of this experiment depends on. */
  key(more: StepKey): StepKey {
    return { data: this.data.digest, seed: this.seed, samples: this.samples, ranOn: this.context.ranOn, ...more };
  }

  /** @throws {RangeError} if the vectors cannot be compressed by this factor */
  requireFactor(factor: number): void {
    const dim = this.data.base.cols;
    if (dim % factor !== 0) throw new RangeError(`reproduce: expected a dimension that ${factor} divides, got ${dim}.`);
  }

  /** The compressor of a method, trained once. */
  async compressor(method: Method, factor: number): Promise<Compressor> {
    const name = rowName(method, factor);
    const known = this.#compressors.get(name);
    if (known) return known;
    const { seed, samples } = this;
    const compressor = await this.store.model(this.#trainingKey(method, factor), (checkpoints) => {
      const dOut = this.data.base.cols / factor;
      const training = { method, dOut, samples, seed, label: `training ${name}`, checkpoints };
      return trainMethod(this.data.base, training, this.context);
    });
    this.#compressors.set(name, compressor);
    return compressor;
  }

  /** The compressor of a method, if this run trained it or found it finished. */
  async finishedCompressor(method: Method, factor: number): Promise<Compressor | undefined> {
    const known = this.#compressors.get(rowName(method, factor));
    return known ?? this.store.finishedModel(this.#trainingKey(method, factor));
  }

  #trainingKey(method: Method, factor: number): StepKey {
    return this.key({ step: 'train', method: METHODS[method].label, factor });
  }

  /**
   * A network trained with INRP and a seed of its own. The default and the linear map are stored as what `compressor` gives, so that an
   * ablation and a table share them.
   *
   * @param choices what differs from the default; belongs to `name`
   */
  inrpNetwork(name: string, choices: CntChoices, factor: number, seed: number, label: string): Promise<Compressor> {
    const method = choices.network ?? 'cnt';
    const changes = Object.keys(choices).some((choice) => choice !== 'network');
    const key = { step: 'train', method: METHODS[method].label, factor, seed };
    return this.store.model(this.key(changes ? { ...key, ablation: name } : key), (checkpoints) => {
      const dOut = this.data.base.cols / factor;
      const training = { method, dOut, samples: this.samples, seed, label, checkpoints, choices } as const;
      return trainMethod(this.data.base, training, this.context);
    });
  }

  /** The vectors and queries compressed by `method`. */
  async compressed(method: MethodOrNone, factor: number): Promise<Compressed> {
    if (method === 'none')
      return { base: this.data.base, query: this.data.query, modelDigest: '', compressingSeconds: 0 };
    const name = rowName(method, factor);
    const known = this.#compressed.get(name);
    if (known) return known;
    const compressor = await this.compressor(method, factor);
    const { encoded: base, seconds: compressingSeconds } = await this.encode(compressor, this.data.base);
    const { encoded: query } = await this.encode(compressor, this.data.query);
    const made = { base, query, modelDigest: digestArrays(compressor.toNamedArrays()), compressingSeconds };
    this.#compressed.set(name, made);
    return made;
  }

  /** HNSW with the paper's parameters, built on compressed vectors and searching these. */
  async hnsw(method: MethodOrNone, factor: number): Promise<BuiltGraph<GraphIndex>> {
    const name = rowName(method, factor);
    const known = this.#hnsw.get(name);
    if (known) return known;
    const { base } = await this.compressed(method, factor);
    const { M, efConstruction } = HNSW_SETTINGS;
    const { backend, signal } = this.context;
    // Source: "conduct ANNS experiments based on Faiss", hence faiss's profile of HNSW.
    const options = { M, efConstruction, profile: 'faiss', seed: this.seed, backend, signal } as const;
    const { index, indexingSeconds } = await this.timedGraph('HNSW', `HNSW on ${name}`, base, (rows, onProgress) =>
      GraphIndex.build({ ...options, base: rows, onProgress }),
    );
    const { distances: indexingDistances, multiplyAdds: indexingMultiplyAdds } = index.buildCounts!;
    const made = { index, indexingSeconds, indexingDistances, indexingMultiplyAdds };
    this.#hnsw.set(name, made);
    return made;
  }

  /** NSG with the paper's parameters, its k-NN graph by NN-descent, both on compressed vectors. */
  async nsg(method: MethodOrNone, factor: number): Promise<BuiltGraph<NsgIndex>> {
    const { base } = await this.compressed(method, factor);
    const { backend, signal } = this.context;
    const neighborGraph = neighborGraphFor(this.data.comparedWith, base.rows);
    // Departs: faiss's rules leave points out of reach, and with many copies do not end; the canonical ones link every point.
    const options = { ...NSG_SETTINGS, profile: 'canonical', neighborGraph, backend, signal } as const;
    const what = `NSG on ${rowName(method, factor)}`;
    const { index, indexingSeconds } = await this.timedGraph('NSG', what, base, (rows, onProgress) =>
      NsgIndex.build({ ...options, base: rows, onProgress }),
    );
    const { neighborGraph: first, nsg: second } = index.buildCounts!;
    return {
      index,
      indexingSeconds,
      indexingDistances: first.distances + second.distances,
      indexingMultiplyAdds: first.multiplyAdds + second.multiplyAdds,
      neighborGraph: { parameters: neighborGraph, multiplyAdds: first.multiplyAdds },
    };
  }

  /** What `build` makes and the seconds that it takes, its progress shown as `building <what>`. */
  async timedBuild<T>(
    what: string,
    build: (onProgress: OnProgress) => Promise<T>,
  ): Promise<{ readonly built: T; readonly seconds: number }> {
    const { now } = this.context;
    const progress = this.context.progress(`building ${what}`);
    const begin = now();
    const built = await build(progress.update);
    const seconds = now() - begin;
    progress.end();
    return { built, seconds };
  }

  /** The same of a graph on `base`. The first of its kind is built from few rows before, so that the engine has compiled the loops. */
  async timedGraph<Index>(
    kind: string,
    what: string,
    base: Matrix,
    build: (rows: Matrix, onProgress: OnProgress) => Promise<Index>,
  ): Promise<{ readonly index: Index; readonly indexingSeconds: number }> {
    if (!this.#warmed.has(kind)) {
      this.#warmed.add(kind);
      const few = Math.min(WARM_UP_ROWS, Math.ceil(this.data.base.rows * WARM_UP_SHARE));
      await build(firstRows(this.data.base, few), () => {});
    }
    const { built, seconds } = await this.timedBuild(what, (onProgress) => build(base, onProgress));
    return { index: built, indexingSeconds: seconds };
  }

  /** Lets an interruption arrive between two pieces of synchronous work. @throws the signal's reason */
  async throwIfInterrupted(): Promise<void> {
    await yieldToEventLoop();
    this.context.signal.throwIfAborted();
  }

  /** The vectors after compression, and the seconds that it took. */
  async encode(compressor: Compressor, vectors: Matrix): Promise<{ encoded: Matrix; seconds: number }> {
    const { backend, now } = this.context;
    const encoded = createMatrix(vectors.rows, compressor.dOut);
    let seconds = 0;
    for (let first = 0; first < vectors.rows; first += ENCODED_ROWS) {
      const last = Math.min(vectors.rows, first + ENCODED_ROWS);
      const data = vectors.data.subarray(first * vectors.cols, last * vectors.cols);
      const begin = now();
      const part = compressor.encode(createMatrix(last - first, vectors.cols, data), { backend });
      seconds += now() - begin;
      encoded.data.set(part.data, first * encoded.cols);
      await this.throwIfInterrupted();
    }
    return { encoded, seconds };
  }
}
