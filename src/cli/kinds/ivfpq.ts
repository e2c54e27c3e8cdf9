import { IvfAdcIndex } from '../../index/codes/ivf-adc.ts';
import { K_MEANS_PROFILES } from '../../quantize/k-means/k-means.ts';
import { listRows } from '../output/index-rows.ts';
import { buildCodes } from './building/build-codes.ts';
import { defineKind } from './kind.ts';
import { DEFAULT_NPROBE } from './options.ts';
import { codeChoices } from './searching/search-choices.ts';

export const ivfpq = defineKind('ivfpq', {
  buildOptions: ['bytes', 'nlist', 'opq', 'profile', 'keep-vectors'],
  searchOptions: ['nprobe', 'rerank'],
  profiles: K_MEANS_PROFILES,
  buildsOnGpu: true,
  build: ({ base, ...options }, session) => buildCodes(IvfAdcIndex.build, base, options, session, listRows),
  chooseSearch(index, given, k, path) {
    const { nlist } = index;
    const { nprobe = Math.min(DEFAULT_NPROBE, nlist) } = given;
    const choices = codeChoices(index, given, k, path);
    if (nprobe <= nlist) return { nprobe, ...choices };
    throw new RangeError(`${path}: expected --nprobe of at most ${nlist}, the lists, got ${nprobe}.`);
  },
});
