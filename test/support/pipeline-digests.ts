import type { BackendChoice } from '../../kernels/backend.ts';
import { trainPca } from '../../src/compress/pca.ts';
import { SrpCompressor } from '../../src/compress/sparse-projection.ts';
import { trainCnt } from '../../src/compress/train-cnt.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { graphArrays } from '../../src/graph/graph-arrays.ts';
import { GraphIndex } from '../../src/index/graph-index.ts';
import { digestArrays, digestIds, digestMatrix } from '../../src/io/digest.ts';
import { nearest } from '../../src/tensor/nearest.ts';

/** How large the problem is whose every product gets a digest. */
export interface PipelineSize {
  readonly rows: number;
  readonly queries: number;
  readonly dim: number;
  readonly samples: number;
  readonly batch: number;
}

/** Generates, trains, compresses, builds and searches; the SHA-256 of everything on the way, by name. */
export async function pipelineDigests(size: PipelineSize, backend: BackendChoice): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  const { base, query } = generateManifold({ ...size, seed: 1 });
  digests.set('vectors', digestMatrix(base));
  digests.set('queries', digestMatrix(query));
  const k = 10;
  const ids = (data: Int32Array) => digestIds({ rows: query.rows, cols: k, data });
  digests.set('truth', ids(nearest(base, query, k, { backend }).ids));

  const dOut = size.dim / 4;
  const training = { dOut, seed: 1, backend, batch: size.batch, samples: size.samples, evaluations: 2 };
  const compressors = {
    srp: SrpCompressor.create({ dIn: size.dim, dOut, seed: 1 }),
    pca: trainPca(base, { dOut, backend }),
    'linear map + INRP': await trainCnt(base, { ...training, network: 'linear' }),
    'cnt, paper': await trainCnt(base, training),
    'cnt, released code': await trainCnt(base, { ...training, variant: 'released-code', start: 'random' }),
  };
  for (const [name, compressor] of Object.entries(compressors)) {
    digests.set(`model ${name}`, digestArrays(compressor.toNamedArrays()));
    const compressed = compressor.encode(base, { backend });
    digests.set(`compressed ${name}`, digestMatrix(compressed));
    if (name !== 'cnt, paper') continue;
    for (const profile of ['canonical', 'faiss', 'hnswlib'] as const) {
      const options = { base, graphBase: compressed, M: 8, efConstruction: 40, profile, seed: 1, backend };
      const index = await GraphIndex.build(options);
      digests.set(`graph ${profile}`, digestArrays({ kind: 'graph', ...graphArrays(index.graph) }));
      digests.set(`results ${profile}`, ids(index.search(query, k, { ef: 20 }).ids));
    }
  }
  return digests;
}
