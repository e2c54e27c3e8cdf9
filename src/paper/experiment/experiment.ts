import type { CntChoices } from '../../compress/cnt/cnt-settings.ts';
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

/** Rows of a graph that is built and forgotten before the first timed one, so that the engine has compiled the loops; at most a share. */
const WARM_UP_ROWS = 1000;
const WARM_UP_SHARE = 1 / 4;

/** Rows compressed between two checks of the signal. */
const ENCODED_ROWS = 8192;

/** Vectors and queries after compression. */
export interface Compressed {
  readonly base: Matrix;
  readonly query: Matrix;
  readonly modelDigest: string;
  /** To compress the base; 0 without compression. */
  readonly seconds: number;
}

/** A graph, and what building it took. */
export interface BuiltGraph {
  readonly index: GraphIndex;
  readonly seconds: number;
  readonly distances: number;
  readonly multiplyAdds: number;
}

/** An NSG, and what building it took, with its k-NN graph. */
export interface BuiltNsg extends Omit<BuiltGraph, 'index'> {
  readonly index: NsgIndex;
  /** The part of the work that is the k-NN graph's. */
  readonly neighborGraph: { readonly parameters: NeighborGraph; readonly multiplyAdds: number };
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
  readonly #graphs = new Map<string, BuiltGraph>();
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
    if (method === 'none') return { base: this.data.base, query: this.data.query, modelDigest: '', seconds: 0 };
    const name = rowName(method, factor);
    const known = this.#compressed.get(name);
    if (known) return known;
    const compressor = await this.compressor(method, factor);
    const { encoded: base, seconds } = await this.encode(compressor, this.data.base);
    const { encoded: query } = await this.encode(compressor, this.data.query);
    const made = { base, query, modelDigest: digestArrays(compressor.toNamedArrays()), seconds };
    this.#compressed.set(name, made);
    return made;
  }

  /** HNSW with the paper's parameters, built on compressed vectors, and over them. */
  async graph(method: MethodOrNone, factor: number): Promise<BuiltGraph> {
    const name = rowName(method, factor);
    const known = this.#graphs.get(name);
    if (known) return known;
    const { base } = await this.compressed(method, factor);
    const { M, efConstruction } = HNSW_SETTINGS;
    const { backend, signal, now } = this.context;
    // Source: "conduct ANNS experiments based on Faiss", hence faiss's profile of HNSW.
    const options = { M, efConstruction, profile: 'faiss', seed: this.seed, backend, signal } as const;
    await this.warmUp('HNSW', (few) => GraphIndex.build({ ...options, base: few }));
    const progress = this.context.progress(`building HNSW on ${name}`);
    const begin = now();
    const index = await GraphIndex.build({ ...options, base, onProgress: progress.update });
    const seconds = now() - begin;
    progress.end();
    const { distances, multiplyAdds } = index.buildCounts!;
    const made = { index, seconds, distances, multiplyAdds };
    this.#graphs.set(name, made);
    return made;
  }

  /** NSG with the paper's parameters, its k-NN graph by NN-descent, both on compressed vectors. */
  async nsg(method: MethodOrNone, factor: number): Promise<BuiltNsg> {
    const { base } = await this.compressed(method, factor);
    const { backend, signal, now } = this.context;
    const neighborGraph = neighborGraphFor(this.data.comparedWith, base.rows);
    // Departs: faiss's rules leave points out of reach, and with many copies do not end; the canonical ones link every point.
    const options = { ...NSG_SETTINGS, profile: 'canonical', neighborGraph, backend, signal } as const;
    await this.warmUp('NSG', (few) => NsgIndex.build({ ...options, base: few }));
    const progress = this.context.progress(`building NSG on ${rowName(method, factor)}`);
    const begin = now();
    const index = await NsgIndex.build({
      ...options,
      base,
      onProgress: (done, total, phase) => progress.update(done, total, phase),
    });
    const seconds = now() - begin;
    progress.end();
    const { neighborGraph: first, nsg: second } = index.buildCounts!;
    return {
      index,
      seconds,
      distances: first.distances + second.distances,
      multiplyAdds: first.multiplyAdds + second.multiplyAdds,
      neighborGraph: { parameters: neighborGraph, multiplyAdds: first.multiplyAdds },
    };
  }

  /** Builds from few rows and forgets it, once for each kind, so that the engine has compiled the loops before a timed one. */
  async warmUp(kind: string, build: (few: Matrix) => unknown): Promise<void> {
    if (this.#warmed.has(kind)) return;
    this.#warmed.add(kind);
    const { base } = this.data;
    await build(firstRows(base, Math.min(WARM_UP_ROWS, Math.ceil(base.rows * WARM_UP_SHARE))));
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
