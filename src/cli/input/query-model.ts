import { loadCompressor } from '../../compress/load-compressor.ts';
import type { SearchIndex } from '../../index/kinds.ts';
import { readModel } from '../../io/container/safetensors-file.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { interpreted, requireSameCols } from './checks.ts';

/** @throws {UsageError} if only one of two options is given that work together on a graph */
export function requireModelToRerank(
  { kind }: SearchIndex,
  rerank: number | undefined,
  modelPath: string | undefined,
): void {
  if (kind !== 'hnsw' || (rerank === undefined) === (modelPath === undefined)) return;
  if (rerank === undefined) throw new UsageError('--model: expected --rerank beside it, got none.');
  throw new UsageError('--rerank: expected --model beside it to compress the queries of an hnsw index, got none.');
}

/**
 * Gives an index the model that compresses queries for a walk over its compressed vectors.
 *
 * @throws {RangeError} if the index has no compressed vectors, or they are not as wide as the model's
 */
export async function attachQueryModel(path: string, index: SearchIndex, indexPath: string): Promise<void> {
  if (index.kind !== 'hnsw' || index.walkDim === undefined) {
    throw new RangeError(`${indexPath}: expected an index built with --walk to re-rank, got full vectors alone.`);
  }
  const arrays = await readModel(path);
  const compressor = interpreted(path, () => loadCompressor(arrays));
  requireSameCols(`${path}, input`, compressor.dIn, indexPath, index.dim);
  requireSameCols(`${path}, output`, compressor.dOut, `the compressed vectors of ${indexPath}`, index.walkDim);
  index.attachQueryEncoder(compressor);
}
