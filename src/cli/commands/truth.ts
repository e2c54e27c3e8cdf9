import { digestIds } from '../../io/digest.ts';
import { writeIds } from '../../io/ids.ts';
import { loadVectors, readVectors } from '../../io/vectors.ts';
import { QUERY_OPTIONS } from '../arguments/options.ts';
import { limited, requireEnoughRows, requireSameCols, requireWritableIds } from '../input/checks.ts';
import { exactNeighbors } from '../long-work/exact-neighbors.ts';
import { listing, secondsText } from '../output/listing.ts';
import { defineCommand, kernelThreads, resultRow } from '../session/command.ts';

export const truthCommand = defineCommand('truth', 'finds the exact nearest neighbors of each query', {
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    ...QUERY_OPTIONS,
    out: { type: 'path', placeholder: 'G.ivecs', required: true, text: 'file for the ids, nearest first' },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of the base', whenAbsent: 'all' },
  },
  about: ['Distances are Euclidean; of two rows equally far the one with the smaller id comes first.'],
  onGpu: true,
  examples: ['cnt truth --base base.fvecs --query query.fvecs --k 100 --out groundtruth.ivecs'],
  async run(values, _, session) {
    const { base: basePath, query: queryPath, out, k } = values;
    await requireWritableIds(out, [basePath, queryPath]);
    const { backend, signal } = session;
    const base = await loadVectors(basePath, { ...limited(values.limit), backend, signal });
    const query = await readVectors(queryPath);
    requireSameCols(queryPath, query.cols, basePath, base.cols);
    requireEnoughRows(basePath, base.rows, k);
    const begin = session.now();
    const { ids, counts } = await exactNeighbors(base, query, k, session);
    const seconds = session.now() - begin;
    await writeIds(out, ids, { signal: session.signal });
    const digest = session.gpu ? undefined : digestIds(ids);
    return {
      lines: listing([
        ['base', `${base.rows} x ${base.cols}`],
        ['queries', query.rows],
        ['k', k],
        ['search time', secondsText(seconds)],
        ['distances a query', counts.distances / query.rows],
        resultRow(session, digest),
      ]),
      json: {
        base: basePath,
        query: queryPath,
        out,
        k,
        rows: base.rows,
        cols: base.cols,
        queries: query.rows,
        searchSeconds: seconds,
        counts,
        digest,
        backend: session.ranOn,
        threads: kernelThreads(session),
      },
    };
  },
});
