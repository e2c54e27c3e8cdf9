import { squaredDistance } from '../distance/reference.ts';
import type { Counts, Round } from '../operands.ts';
import { countTableSums, TABLE_STRIDE, tableSum } from '../table-scan/reference.ts';
import { offer } from '../top-k/reference.ts';
import type { ProductCodes, ProductSearchKernels } from './kernel.ts';

export function referenceProductSearch(round: Round, counts: Counts): ProductSearchKernels {
  return {
    offerProductCodes(topDistances, topIds, k, queries, queryIds, queryCount, origin, product) {
      const { codes, first, count, ids, codebooks, m, centroids, dim } = product;
      const partDim = dim / m;
      const residual = new Float64Array(dim);
      const table = new Float64Array(m * TABLE_STRIDE);
      for (let v = 0; v < queryCount; v++) {
        const query = queryIds[v]!;
        for (let i = 0; i < dim; i++) residual[i] = round(queries[query * dim + i]! - origin[i]!);
        for (let s = 0; s < m; s++) {
          for (let j = 0; j < centroids; j++) {
            const at = (s * centroids + j) * partDim;
            table[s * TABLE_STRIDE + j] = squaredDistance(residual, s * partDim, codebooks, at, partDim, round);
          }
        }
        for (let row = first; row < first + count; row++) {
          const distance = tableSum(table, codes, row * m, m, round);
          offer(topDistances, topIds, query * k, k, distance, ids ? ids[row]! : row);
        }
      }
      countProductSearch(counts, queryCount, product);
    },
  };
}

/** One distance a centroid of each part and one a code, as the kernels that fill tables and scan codes would count. */
export function countProductSearch(counts: Counts, queries: number, { count, m, centroids, dim }: ProductCodes): void {
  counts.distances += queries * m * centroids;
  counts.multiplyAdds += queries * centroids * dim;
  countTableSums(counts, queries * count, m);
}
