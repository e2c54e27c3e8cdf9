import { loadCompressor } from '../../compress/load-compressor.ts';
import type { GraphIndex } from '../../index/graph/graph-index.ts';
import { readModel } from '../../io/container/safetensors-file.ts';
import { interpreted, requireSameCols } from './checks.ts';

/**
 * Gives an index the model that compresses queries for a walk over its compressed vectors.
 *
 * @param normalize whether the index brings vectors to length 1
 * @throws {RangeError} if the model was trained on vectors of another length, the index has no compressed vectors, or they are not as wide as the model's
 */
export async function attachQueryModel(
  path: string,
  index: GraphIndex,
  indexPath: string,
  normalize: boolean,
): Promise<void> {
  if (index.walkDim === undefined) {
    throw new RangeError(
      `${indexPath}: expected an index built with --codes sq8 beside --index hnsw to re-rank, got full vectors alone.`,
    );
  }
  const arrays = await readModel(path);
  const compressor = interpreted(path, () => loadCompressor(arrays));
  requireSameCols(`${path}, input`, compressor.dIn, indexPath, index.dim);
  requireSameCols(`${path}, output`, compressor.dOut, `the compressed vectors of ${indexPath}`, index.walkDim);
  const { normalizes = false } = compressor;
  if (normalizes !== normalize) {
    const [wanted, got] = normalize ? ['with', 'without'] : ['without', 'with'];
    throw new RangeError(
      `${path}: expected a model trained ${wanted} --normalize as ${indexPath} was built, got one ${got}.`,
    );
  }
  index.attachQueryEncoder(compressor);
}
