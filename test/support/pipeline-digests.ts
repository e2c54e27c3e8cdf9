import type { BackendChoice } from '../../kernels/backend.ts';
import { trainCatalyst } from '../../src/compress/catalyst/train-catalyst.ts';
import { trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import type { Compressor } from '../../src/compress/compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { SrpCompressor } from '../../src/compress/projection/sparse-projection.ts';
import { trainVae } from '../../src/compress/vae/train-vae.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { graphArrays } from '../../src/graph/graph-arrays.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { digestArrays, digestIds, digestMatrix } from '../../src/io/digest.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';

/** How large the problem is whose every product gets a digest. */
export interface PipelineSize {
  readonly rows: number;
  readonly queries: number;
  readonly dim: number;
  readonly samples: number;
  readonly batch: number;
}

/** The order in which the parts are made; no digest may depend on it. */
export type PipelineOrder = 'forwards' | 'backwards';

type Digests = Map<string, string>;
type Part = () => Promise<void> | void;

const K = 10;

/** Generates, trains, compresses, builds and searches; the SHA-256 of everything on the way, by name. */
export async function pipelineDigests(
  size: PipelineSize,
  backend: BackendChoice,
  order: PipelineOrder = 'forwards',
): Promise<Digests> {
  const digests: Digests = new Map();
  const { base, query } = generateManifold({ ...size, seed: 1 });
  digests.set('vectors', digestMatrix(base));
  digests.set('queries', digestMatrix(query));
  digests.set('truth', digestIds(nearest(base, query, K, { backend }).ids));
  const training = { dOut: size.dim / 4, seed: 1, backend, batch: size.batch, samples: size.samples, evaluations: 2 };
  const compressed = (await trainCnt(base, training)).encode(base, { backend });
  const parts = [
    ...modelParts(digests, base, training),
    ...graphParts(digests, base, query, compressed, backend),
    ...codeParts(digests, base, query, compressed, backend),
  ];
  for (const part of order === 'forwards' ? parts : parts.reverse()) await part();
  return digests;
}

interface Training extends Pick<PipelineSize, 'samples' | 'batch'> {
  readonly dOut: number;
  readonly seed: number;
  readonly backend: BackendChoice;
  readonly evaluations: number;
}

/** Each way of compressing: the model, and what it makes of the base. */
function modelParts(digests: Digests, base: Matrix, training: Training): Part[] {
  const { dOut, seed, backend } = training;
  const made: Record<string, () => Compressor | Promise<Compressor>> = {
    srp: () => SrpCompressor.create({ dIn: base.cols, dOut, seed }),
    pca: () => trainPca(base, { dOut, backend }),
    'linear map + INRP': () => trainCnt(base, { ...training, network: 'linear' }),
    'cnt, paper': () => trainCnt(base, training),
    'cnt, released code': () => trainCnt(base, { ...training, variant: 'released-code', start: 'random' }),
    vae: () => trainVae(base, training),
    catalyst: () => trainCatalyst(base, { ...training, hidden: 2 * base.cols }),
  };
  return Object.entries(made).map(([name, make]) => async () => {
    const compressor = await make();
    digests.set(`model ${name}`, digestArrays(compressor.toNamedArrays()));
    digests.set(`compressed ${name}`, digestMatrix(compressor.encode(base, { backend })));
  });
}

/** Graphs built on compressed vectors, searched over the full ones. */
function graphParts(digests: Digests, base: Matrix, query: Matrix, graphBase: Matrix, backend: BackendChoice): Part[] {
  const kept = (name: string, { graph }: Pick<GraphIndex | NsgIndex, 'graph'>, { ids }: SearchResult) => {
    digests.set(`graph ${name}`, digestArrays({ kind: 'graph', ...graphArrays(graph) }));
    digests.set(`results ${name}`, digestIds(ids));
  };
  const hnsw = (['canonical', 'faiss', 'hnswlib'] as const).map((profile) => async () => {
    const index = await GraphIndex.build({ base, graphBase, M: 8, efConstruction: 40, profile, seed: 1, backend });
    kept(profile, index, await index.search(query, K, { ef: 20 }));
  });
  const nsg = (['canonical', 'faiss'] as const).flatMap((profile) =>
    [{ method: 'exact', K: 20 } as const, { method: 'nn-descent', K: 20, L: 30, iter: 6, S: 8, R: 40 } as const].map(
      (neighborGraph) => async () => {
        const index = await NsgIndex.build({ base, graphBase, R: 12, L: 20, C: 40, profile, neighborGraph, backend });
        kept(`NSG ${profile}, ${neighborGraph.method}`, index, await index.search(query, K, { ef: 20 }));
      },
    ),
  );
  return [...hnsw, ...nsg];
}

/** Codes: everything that an index of them keeps, and what it finds. */
function codeParts(digests: Digests, base: Matrix, query: Matrix, compressed: Matrix, backend: BackendChoice): Part[] {
  const kept = (name: string, index: { toArchive(): Archive }, { ids }: SearchResult) => {
    digests.set(`index ${name}`, digestArrays(index.toArchive()));
    digests.set(`results ${name}`, digestIds(ids));
  };
  const product = { base, m: 4, seed: 1, backend };
  const graph = { graphBase: compressed, base, M: 8, efConstruction: 40, seed: 1, backend };
  return [
    ...(['canonical', 'faiss'] as const).map((profile) => async () => {
      const index = await PqIndex.build({ ...product, profile });
      kept(`PQ ${profile}`, index, await index.search(query, K));
    }),
    async () => {
      const index = await PqIndex.build({ ...product, bits: 4, opq: true, keepVectors: true });
      kept('OPQ of 4 bits', index, await index.search(query, K, { rerank: 20 }));
    },
    ...(['canonical', 'faiss'] as const).map((profile) => async () => {
      const index = await IvfAdcIndex.build({ ...product, nlist: 4, profile });
      kept(`IVFADC ${profile}`, index, await index.search(query, K, { nprobe: 2 }));
    }),
    ...(['dimension', 'uniform'] as const).map((range) => async () => {
      const index = Sq8Index.build({ base, range, backend });
      kept(`SQ8 ${range}`, index, await index.search(query, K));
    }),
    ...(['dimension', 'uniform'] as const).map((range) => async () => {
      const index = await Sq8GraphIndex.build({ ...graph, range });
      kept(`HNSW-SQ8 ${range}`, index, await index.search(query, K, { ef: 20 }));
    }),
    async () => {
      const rounds = { rotationRounds: 2, regressionRounds: 2, nsq: 2, words: 16 };
      const index = await LinkAndCodeIndex.build({ ...product, ...rounds, M: 8, efConstruction: 40 });
      kept('Link & Code', index, await index.search(query, K, { ef: 40 }));
    },
  ];
}
