import { countDistances, squaredDistance } from '../distance/reference.ts';
import type { Counts, Round } from '../operands.ts';
import { offer } from '../top-k/reference.ts';
import type { ExactSearchKernels } from './kernel.ts';

export function referenceExactSearch(round: Round, counts: Counts): ExactSearchKernels {
  return {
    offerRows(topDistances, topIds, k, queries, queryCount, base, baseCount, firstId, dim, meanwhile) {
      for (let i = 0; i < queryCount; i++) {
        for (let j = 0; j < baseCount; j++) {
          const distance = squaredDistance(queries, i * dim, base, j * dim, dim, round);
          offer(topDistances, topIds, i * k, k, distance, firstId + j);
        }
      }
      countDistances(counts, queryCount * baseCount, dim);
      meanwhile?.();
    },
  };
}
