import { FlatIndex } from '../../index/flat-index.ts';
import { defineKind } from './kind.ts';
import { plainChoices } from './searching/search-choices.ts';

export const flat = defineKind('flat', {
  buildOptions: [],
  searchOptions: ['rerank'],
  async build({ base }, { backend }) {
    const index = new FlatIndex(base, backend);
    return { index, archive: index.toArchive(), rows: [], json: {} };
  },
  searchesOnGpu: true,
  chooseSearch: plainChoices,
});
