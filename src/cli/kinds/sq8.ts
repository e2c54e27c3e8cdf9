import { Sq8Index } from '../../index/codes/sq8-index.ts';
import { codeRows } from '../output/index-rows.ts';
import { defineKind } from './kind.ts';
import { codeChoices } from './searching/search-choices.ts';

export const sq8 = defineKind('sq8', {
  buildOptions: ['range', 'keep-vectors'],
  searchOptions: ['rerank'],
  async build({ base, range, keepVectors }, { backend }) {
    const index = Sq8Index.build({ base, range, keepVectors, backend });
    const statistics = index.statistics();
    return {
      index,
      archive: index.toArchive(),
      rows: [['range', range], ...codeRows(statistics)],
      json: { range, keepVectors, statistics },
    };
  },
  chooseSearch: codeChoices,
});
