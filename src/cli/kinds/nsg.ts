import { NSG_PROFILES } from '../../graph/nsg/profile.ts';
import { defaultNeighborGraph, NsgIndex } from '../../index/graph/nsg-index.ts';
import { graphReport } from './building/graph-report.ts';
import { defineKind } from './kind.ts';
import { graphChoices } from './searching/search-choices.ts';

export const nsg = defineKind('nsg', {
  buildOptions: ['graph-base', 'R', 'L', 'C', 'GK', 'profile'],
  searchOptions: ['ef', 'rerank'],
  profiles: NSG_PROFILES,
  async build({ base, graphBase = base, GK, seed: _, ...options }, session) {
    const { backend, signal, threads } = session;
    const usual = defaultNeighborGraph(base.rows);
    const neighborGraph =
      GK === undefined
        ? usual
        : { ...usual, K: GK, ...(usual.method === 'nn-descent' && { L: GK + usual.L - usual.K }) };
    const progress = session.progress('building, points');
    const index = await NsgIndex.build({
      base,
      graphBase,
      ...options,
      neighborGraph,
      backend,
      signal,
      threads,
      onProgress: progress.update,
    });
    progress.end();
    const { neighborGraph: first, nsg } = index.buildCounts!;
    const counts = {
      distances: first.distances + nsg.distances,
      multiplyAdds: first.multiplyAdds + nsg.multiplyAdds,
    };
    const { attached } = index.parameters;
    const report = graphReport(session, index, graphBase, { ...options, GK: neighborGraph.K }, counts);
    return {
      ...report,
      rows: [...report.rows, ['k-NN graph', neighborGraph.method], ['linked because out of reach', attached]],
      json: { ...report.json, neighborGraph, attached },
    };
  },
  chooseSearch: graphChoices,
});
