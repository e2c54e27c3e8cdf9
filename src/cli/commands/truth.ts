import { computingOf } from '../../../kernels/backend.ts';
import { digestIds } from '../../io/digest.ts';
import { writeIds } from '../../io/ids.ts';
import { loadVectors, readVectors } from '../../io/vectors.ts';
import { normalizedVectors } from '../../pipeline/prepared-vectors.ts';
import { unitRows } from '../../tensor/unit-rows.ts';
import { QUERY_OPTIONS } from '../arguments/options.ts';
import { limited, requireEnoughRows, requireSameCols, requireWritableIds } from '../input/checks.ts';
import { allVectorsHeld, requireMemory } from '../input/memory.ts';
import { exactNeighbors } from '../long-work/exact-neighbors.ts';
import { listing, secondsText } from '../output/listing.ts';
import { defineCommand, kernelThreads, resultRow } from '../session/command.ts';

export const truthCommand = defineCommand('truth', 'finds the exact nearest neighbors of each query', {
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    ...QUERY_OPTIONS,
    out: { type: 'path', placeholder: 'G.ivecs', required: true, text: 'file for the ids, nearest first' },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of the base', whenAbsent: 'all' },
    normalize: { type: 'flag', text: 'bring base and queries to length 1 first: the nearest by cosine' },
  },
  about: [
    'Distances are Euclidean; of two rows equally far the one with the smaller id comes first.',
    'A file of ids cannot say that it was made with --normalize: judge by it only what an index built with --normalize finds.',
  ],
  onGpu: true,
  examples: ['cnt truth --base base.fvecs --query query.fvecs --k 100 --out groundtruth.ivecs'],
  async run(values, _, session) {
    const { base: basePath, query: queryPath, out, k, normalize } = values;
    await requireWritableIds(out, [basePath, queryPath]);
    const held = await allVectorsHeld([basePath], values.limit);
    requireMemory(session, [...held, ...(await allVectorsHeld([queryPath]))], '--limit N takes fewer rows of the base');
    const { backend, signal } = session;
    const base = await loadVectors(basePath, { ...limited(values.limit), backend, signal });
    const query = await readVectors(queryPath);
    requireSameCols(queryPath, query.cols, basePath, base.cols);
    requireEnoughRows(basePath, base.rows, k);
    if (normalize) {
      await normalizedVectors(base, basePath, { ...computingOf(session), signal }, base);
      unitRows(query, queryPath, query);
      session.note(`cnt truth: ${out} has the nearest by cosine, which a file of ids cannot say.`);
    }
    const begin = session.now();
    const { ids, counts } = await exactNeighbors(base, query, k, session);
    const seconds = session.now() - begin;
    await writeIds(out, ids, { signal: session.signal });
    const digest = session.gpu ? undefined : digestIds(ids);
    return {
      lines: listing([
        ['base', `${base.rows} x ${base.cols}`],
        ['normalized', normalize ? 'yes' : undefined],
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
        normalize,
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
