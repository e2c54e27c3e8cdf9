import { PqIndex } from '../../index/codes/pq-index.ts';
import { K_MEANS_PROFILES } from '../../quantize/k-means/k-means.ts';
import { buildCodes } from './building/build-codes.ts';
import { defineKind } from './kind.ts';
import { codeChoices } from './searching/search-choices.ts';

export const pq = defineKind('pq', {
  buildOptions: ['bytes', 'opq', 'profile', 'keep-vectors'],
  searchOptions: ['rerank'],
  profiles: K_MEANS_PROFILES,
  buildsOnGpu: true,
  build: ({ base, ...options }, session) => buildCodes(PqIndex.build, base, options, session),
  chooseSearch: codeChoices,
});
