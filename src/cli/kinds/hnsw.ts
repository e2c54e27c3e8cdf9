import { HNSW_PROFILES } from '../../graph/hnsw/profile.ts';
import { GraphIndex } from '../../index/graph/graph-index.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { attachQueryModel } from '../input/query-model.ts';
import { removeCheckpoint } from '../long-work/checkpoint-file.ts';
import { withGraphCheckpoints } from '../long-work/graph-checkpoint.ts';
import type { ListingRow } from '../output/listing.ts';
import { graphReport } from './building/graph-report.ts';
import { defineKind } from './kind.ts';
import { walkChoices } from './searching/search-choices.ts';

export const hnsw = defineKind('hnsw', {
  buildOptions: ['graph-base', 'walk', 'M', 'ef-construction', 'profile', 'resume'],
  searchOptions: ['ef', 'rerank', 'model'],
  profiles: HNSW_PROFILES,
  async build({ base, walk, graphBase = walk ?? base, resume, ...options }, session, out) {
    const { backend, signal, threads, note } = session;
    const { profile } = options;
    if (threads > 1 && profile !== 'batch') {
      note(
        `cnt build: profile ${profile} inserts one point after the other on one thread; --profile batch takes ${threads}.`,
      );
    }
    const progress = session.progress('building, points');
    const index = await withGraphCheckpoints(out, graphBase, resume, session, (checkpoints) =>
      GraphIndex.build({
        base,
        graphBase,
        ...(walk && { walkBase: walk }),
        ...options,
        backend,
        signal,
        threads,
        onProgress: progress.update,
        checkpoints,
      }),
    );
    progress.end();
    const report = graphReport(session, index, graphBase, options, index.buildCounts!);
    const kept: ListingRow = ['kept to walk over', walk && `${walk.rows} x ${walk.cols} bytes`];
    return {
      ...report,
      rows: [...report.rows, kept],
      json: { ...report.json, walkCols: walk?.cols },
      afterWriting: () => removeCheckpoint(out),
    };
  },
  async chooseSearch(index, given, k, path) {
    const { model, rerank, normalize = false } = given;
    if (model !== undefined && rerank === undefined) {
      throw new UsageError('--model: expected --rerank beside it, got none.');
    }
    if (model === undefined && rerank !== undefined) {
      throw new UsageError('--rerank: expected --model beside it to compress the queries of an hnsw index, got none.');
    }
    if (model !== undefined) await attachQueryModel(model, index, path, normalize);
    return walkChoices(index, given, k);
  },
});
