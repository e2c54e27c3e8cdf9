import { HNSW_PROFILES } from '../../graph/hnsw/profile.ts';
import { Sq8GraphIndex } from '../../index/graph/sq8-graph-index.ts';
import { requireMatrix } from '../../tensor/vectors/vectors.ts';
import { graphReport } from './building/graph-report.ts';
import { defineKind } from './kind.ts';
import { graphChoices } from './searching/search-choices.ts';

export const hnswSq8 = defineKind('hnsw-sq8', {
  buildOptions: ['graph-base', 'M', 'ef-construction', 'profile', 'range', 'keep-vectors'],
  searchOptions: ['ef', 'rerank'],
  profiles: HNSW_PROFILES,
  async build({ base: vectors, graphBase: graphVectors, keepVectors: _, ...options }, session) {
    const { backend, signal } = session;
    const base = requireMatrix(vectors, '--index hnsw-sq8');
    const graphBase = graphVectors && requireMatrix(graphVectors, '--index hnsw-sq8');
    const progress = session.progress('building, points');
    const index = await Sq8GraphIndex.build({
      ...(graphBase ? { graphBase, base } : { graphBase: base }),
      ...options,
      backend,
      signal,
      onProgress: progress.update,
    });
    progress.end();
    const { over } = index.statistics();
    const report = graphReport(session, index, graphBase ?? base, options, index.buildCounts!);
    return { ...report, rows: [...report.rows, ['searched', over]] };
  },
  chooseSearch: graphChoices,
});
