import { FlatIndex } from '../../index/flat-index.ts';
import { defineKind } from './kind.ts';
import { plainChoices } from './searching/search-choices.ts';

export const flat = defineKind('flat', {
  buildOptions: [],
  searchOptions: ['rerank'],
  async build({ base }, { backend }) {
    return { archive: new FlatIndex(base, backend).toArchive(), rows: [], json: {} };
  },
  searchesOnGpu: true,
  chooseSearch: plainChoices,
});
