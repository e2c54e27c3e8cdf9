import type { BackendChoice } from '../../kernels/backend.ts';
import { trainCatalyst } from '../compress/catalyst/train-catalyst.ts';
import type { Compressor } from '../compress/compressor.ts';
import { trainPca } from '../compress/pca.ts';
import { SrpCompressor } from '../compress/sparse-projection.ts';
import { trainCnt } from '../compress/train-cnt.ts';
import type { TrainingReport } from '../compress/training/training-loop.ts';
import { trainVae } from '../compress/vae/train-vae.ts';
import { GraphIndex } from '../index/graph-index.ts';
import type { NeighborGraph } from '../index/nsg-archive.ts';
import { NsgIndex } from '../index/nsg-index.ts';
import { digestArrays } from '../io/digest.ts';
import { createMatrix, firstRows, type Matrix } from '../tensor/matrix.ts';
import type { ExperimentData } from './experiment-data.ts';
import { CATALYST_SETTINGS, HNSW_SETTINGS, NSG_SETTINGS, neighborGraphFor, VAE_SETTINGS } from './settings.ts';
import type { Checkpoints, StepKey, StepStore } from './step-store.ts';

/** How vectors are compressed; `linear` is a single linear map trained with INRP, a control that the paper lacks. */
export type Method = 'CNT' | 'PCA' | 'SRP' | 'VAE' | 'Catalyst' | 'linear';

/** How tables name vectors that are not compressed. */
export type MethodOrNone = Method | 'none';

/** What an experiment uses of the program around it. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly backend: BackendChoice;
  /** What `backend` comes down to on this machine. */
  readonly ranOn: 'reference' | 'simd';
  note(line: string): void;
  progress(label: string): { update(done: number, total: number, detail?: string): void; end(): void };
  /** Seconds of processor time, for durations only. */
  now(): number;
}

/** Rows of a graph that is built and forgotten before the first timed one, so that the engine has compiled the loops. */
const WARM_UP_ROWS = 1000;

/** Rows compressed between two looks at the signal. */
const ENCODED_ROWS = 8192;
/** A training is stored at least this often. */
const CHECKPOINT_MILLISECONDS = 120_000;

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
  readonly around: Surroundings;
  readonly store: StepStore;
  readonly seed: number;
  readonly samples: number;
  readonly #compressed = new Map<string, Compressed>();
  readonly #graphs = new Map<string, BuiltGraph>();
  readonly #warmed = new Set<string>();

  /** @param samples rows that pass through a network in training */
  constructor(
    data: ExperimentData,
    around: Surroundings,
    store: StepStore,
    options: { seed: number; samples: number },
  ) {
    this.data = data;
    this.around = around;
    this.store = store;
    this.seed = options.seed;
    this.samples = options.samples;
  }

  /** What every result of this experiment depends on. */
  key(more: StepKey): StepKey {
    return { data: this.data.digest, seed: this.seed, samples: this.samples, ranOn: this.around.ranOn, ...more };
  }

  /** @throws {RangeError} if the vectors cannot be compressed by this factor */
  requireFactor(factor: number): void {
    const dim = this.data.base.cols;
    if (dim % factor !== 0) throw new RangeError(`reproduce: expected a dimension that ${factor} divides, got ${dim}.`);
  }

  /** The vectors and queries compressed by `method`; unchanged when there is none. */
  async compressed(method: Method | undefined, factor: number): Promise<Compressed> {
    if (method === undefined) return { base: this.data.base, query: this.data.query, modelDigest: '', seconds: 0 };
    const name = `${method} ${factor}x`;
    const known = this.#compressed.get(name);
    if (known) return known;
    const compressor = await this.store.model(this.key({ step: 'train', method, factor }), (checkpoints) =>
      this.#train(method, factor, name, checkpoints),
    );
    const { encoded: base, seconds } = await this.#encode(compressor, this.data.base);
    const { encoded: query } = await this.#encode(compressor, this.data.query);
    const made = { base, query, modelDigest: digestArrays(compressor.toNamedArrays()), seconds };
    this.#compressed.set(name, made);
    return made;
  }

  /** HNSW with the paper's parameters, built on compressed vectors, and over them. */
  async graph(method: Method | undefined, factor: number): Promise<BuiltGraph> {
    const name = method ? `${method} ${factor}x` : 'full vectors';
    const known = this.#graphs.get(name);
    if (known) return known;
    const { base } = await this.compressed(method, factor);
    const { M, efConstruction } = HNSW_SETTINGS;
    const { backend, signal, now } = this.around;
    // Source: "conduct ANNS experiments based on Faiss", hence faiss's profile of HNSW.
    const options = { M, efConstruction, profile: 'faiss', seed: this.seed, backend, signal } as const;
    await this.warmUp('HNSW', (few) => GraphIndex.build({ ...options, base: few }));
    const progress = this.around.progress(`building HNSW on ${name}`);
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
  async nsg(method: Method | undefined, factor: number): Promise<BuiltNsg> {
    const { base } = await this.compressed(method, factor);
    const { backend, signal, now } = this.around;
    const neighborGraph = neighborGraphFor(this.data.paper, base.rows);
    // Departs: faiss's rules leave points out of reach, and with many copies do not end; the canonical ones link every point.
    const options = { ...NSG_SETTINGS, profile: 'canonical', neighborGraph, backend, signal } as const;
    await this.warmUp('NSG', (few) => NsgIndex.build({ ...options, base: few }));
    const progress = this.around.progress(`building NSG on ${method ? `${method} ${factor}x` : 'full vectors'}`);
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
    await build(firstRows(base, Math.min(WARM_UP_ROWS, base.rows)));
  }

  /** Lets an interruption be noticed between two pieces of synchronous work. @throws the signal's reason */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.around.signal.throwIfAborted();
  }

  /** The vectors after compression, and the seconds that it took. */
  async #encode(compressor: Compressor, vectors: Matrix): Promise<{ encoded: Matrix; seconds: number }> {
    const { backend, now } = this.around;
    const encoded = createMatrix(vectors.rows, compressor.dOut);
    let seconds = 0;
    for (let first = 0; first < vectors.rows; first += ENCODED_ROWS) {
      const last = Math.min(vectors.rows, first + ENCODED_ROWS);
      const data = vectors.data.subarray(first * vectors.cols, last * vectors.cols);
      const begin = now();
      const part = compressor.encode(createMatrix(last - first, vectors.cols, data), { backend });
      seconds += now() - begin;
      encoded.data.set(part.data, first * encoded.cols);
      await this.pause();
    }
    return { encoded, seconds };
  }

  async #train(method: Method, factor: number, name: string, checkpoints: Checkpoints): Promise<Compressor> {
    const { base } = this.data;
    const { backend, signal, now } = this.around;
    const dOut = base.cols / factor;
    if (method === 'SRP') return SrpCompressor.create({ dIn: base.cols, dOut, seed: this.seed });
    if (method === 'PCA') return trainPca(base, { dOut, backend });
    const progress = this.around.progress(`training ${name}`);
    const run = {
      dOut,
      samples: this.samples,
      seed: this.seed,
      backend,
      signal,
      resume: checkpoints.last,
      onCheckpoint: checkpoints.store,
      now: () => 1000 * now(),
      checkpointInterval: CHECKPOINT_MILLISECONDS,
      onProgress: ({ samples, totalSamples, loss }: TrainingReport) =>
        progress.update(samples, totalSamples, loss === undefined ? '' : `loss ${loss.toFixed(4)}`),
    };
    const compressor = await trainNetwork(method, base, run);
    progress.end();
    return compressor;
  }
}

type NetworkRun = NonNullable<Parameters<typeof trainVae>[1]> & { readonly samples: number };

function trainNetwork(method: Exclude<Method, 'SRP' | 'PCA'>, base: Matrix, run: NetworkRun): Promise<Compressor> {
  if (method === 'VAE') return trainVae(base, { ...run, ...VAE_SETTINGS });
  if (method === 'Catalyst') {
    // Its samples are triplets, three rows each. Departs: 2 dIn hidden columns, 512 for Deep1M, where its authors have 1024.
    const samples = Math.ceil(run.samples / 3);
    return trainCatalyst(base, { ...run, ...CATALYST_SETTINGS, samples, hidden: 2 * base.cols });
  }
  return trainCnt(base, { ...run, network: method === 'linear' ? 'linear' : 'cnt' });
}
