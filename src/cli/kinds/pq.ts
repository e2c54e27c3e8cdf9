import { PqIndex } from '../../index/codes/pq-index.ts';
import { K_MEANS_PROFILES } from '../../quantize/k-means/k-means.ts';
import { codeRows } from '../output/index-rows.ts';
import { buildCodes } from './building/build-codes.ts';
import { defineKind } from './kind.ts';

export const pq = defineKind('pq', {
  buildOptions: ['bytes', 'opq', 'profile', 'keep-vectors'],
  searchOptions: ['rerank'],
  profiles: K_MEANS_PROFILES,
  buildsOnGpu: true,
  async build({ base, ...options }, session) {
    const index = await buildCodes(PqIndex.build, base, options, session);
    const statistics = index.statistics();
    return {
      archive: index.toArchive(),
      rows: [['rotated', options.opq ? 'yes' : 'no'], ...codeRows(statistics)],
      json: { ...options, statistics },
    };
  },
});
