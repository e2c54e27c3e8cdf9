import { IvfAdcIndex } from '../../index/codes/ivf-adc.ts';
import { K_MEANS_PROFILES } from '../../quantize/k-means/k-means.ts';
import { codeRows, listRows } from '../output/index-rows.ts';
import { buildCodes } from './building/build-codes.ts';
import { defineKind } from './kind.ts';

export const ivfpq = defineKind('ivfpq', {
  buildOptions: ['bytes', 'nlist', 'opq', 'profile', 'keep-vectors'],
  searchOptions: ['nprobe', 'rerank'],
  profiles: K_MEANS_PROFILES,
  buildsOnGpu: true,
  async build({ base, ...options }, session) {
    const index = await buildCodes(IvfAdcIndex.build, base, options, session);
    const statistics = index.statistics();
    return {
      archive: index.toArchive(),
      rows: [['rotated', options.opq ? 'yes' : 'no'], ...listRows(statistics), ...codeRows(statistics)],
      json: { ...options, statistics },
    };
  },
});
