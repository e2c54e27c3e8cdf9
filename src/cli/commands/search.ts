import type { SearchIndex } from '../../index/kinds.ts';
import { loadIndex } from '../../index/load-index.ts';
import type { SearchCounts, SearchResult } from '../../index/search/search-result.ts';
import { readArchive } from '../../io/container/archive-file.ts';
import { digestIds } from '../../io/digest.ts';
import { writeIds } from '../../io/ids.ts';
import { readVectors } from '../../io/vectors.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import { placeVectors } from '../../tensor/vectors/vectors-array.ts';
import { QUERY_OPTIONS } from '../arguments/options.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { interpreted, requireEnoughRows, requireSameCols, requireWritableIds } from '../input/checks.ts';
import { chooseSearch, optionsOfKinds, requireOptionsOfKind, requireSearchable, searchesOnGpu } from '../kinds/all.ts';
import { SEARCH_OPTIONS } from '../kinds/options.ts';
import type { SearchChoices } from '../kinds/search-choices.ts';
import { type ListingRow, listing, secondsText } from '../output/listing.ts';
import { defineCommand, resultRow, type Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

export const searchCommand = defineCommand('search', 'searches an index for the nearest neighbors of each query', {
  options: {
    index: { type: 'path', placeholder: 'I', required: true, text: 'what cnt build wrote' },
    ...QUERY_OPTIONS,
    out: { type: 'path', placeholder: 'R.ivecs', required: true, text: 'file for the ids found, nearest first' },
    ...optionsOfKinds('search', SEARCH_OPTIONS),
    repeat: { type: 'integer', least: 1, default: 1, text: 'search this often, for the time alone' },
  },
  about: [
    'Queries are searched one after the other; graphs (hnsw, nsg, hnsw-sq8) by as many threads as --threads says, with the same answers and ' +
      'counts. Where fewer than k rows are found, the rest is -1.',
  ],
  onGpu: true,
  examples: [
    'cnt search --index index.hnsw --query query.fvecs --k 100 --ef 100 --out result.ivecs',
    'cnt search --index index.hnsw --query query.fvecs --model model.safetensors --ef 150 --rerank 150 --out result.ivecs',
    'cnt search --index index.ivfpq --query query.compressed.fvecs --nprobe 4 --out result.ivecs',
  ],
  async run(values, _, session) {
    const { index: indexPath, query: queryPath, out, k, ef, rerank, repeat } = values;
    for (const [name, value] of Object.entries({ ef, rerank })) {
      if (value !== undefined && value < k)
        throw new UsageError(`--${name}: expected at least k = ${k}, got ${value}.`);
    }
    await requireWritableIds(out, [indexPath, queryPath]);
    const { backend, signal, threads } = session;
    const archive = await readArchive(indexPath, {
      place: (array) => placeVectors(array, { backend, attachable: threads - 1 }),
      signal,
    });
    const index = interpreted(indexPath, () => loadIndex(archive, backend, threads));
    const { kind, rows, dim } = index;
    requireSearchable(kind, session.gpu !== undefined);
    requireOptionsOfKind('search', SEARCH_OPTIONS, values, kind, `an index of kind ${kind}`);
    const choices = await chooseSearch(index, values, k, indexPath);
    const queries = await readVectors(queryPath);
    requireSameCols(queryPath, queries.cols, indexPath, dim);
    requireEnoughRows(indexPath, rows, k);
    const searched = await searchRepeatedly(index, queries, k, choices, repeat, session);
    const { ids } = searched;
    await writeIds(out, ids, { signal: session.signal });
    const digest = session.gpu ? undefined : digestIds(ids);
    const { lines, json } = costs(searched, queries.rows);
    return {
      lines: listing([
        ['index', `${kind}, ${rows} x ${dim}`],
        ['queries', queries.rows],
        ['k', k],
        ['ef', choices.ef],
        ['nprobe', choices.nprobe],
        ['rerank', choices.rerank],
        ...lines,
        resultRow(session, digest),
      ]),
      json: {
        index: indexPath,
        kind,
        query: queryPath,
        out,
        rows,
        cols: dim,
        queries: queries.rows,
        k,
        ...choices,
        repeat,
        threads,
        ...json,
        digest,
        backend: session.ranOn,
      },
    };
  },
});

/** Time and work of the searches. */
function costs({ counts, seconds }: Searched, queries: number): { lines: ListingRow[]; json: object } {
  const mean = seconds.reduce((sum, one) => sum + one) / seconds.length;
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
  const spread = ` (mean of ${seconds.length}, from ${secondsText(least)} to ${secondsText(most)})`;
  return {
    lines: [
      ['search time', secondsText(mean) + (seconds.length > 1 ? spread : '')],
      ['queries a second', Math.round(queries / mean)],
      ['distances a query', counts.distances / queries],
      ['walked distances a query', counts.walkDistances === undefined ? undefined : counts.walkDistances / queries],
      ['codes a query', counts.codes === undefined ? undefined : counts.codes / queries],
      ['hops a query', counts.hops / queries],
    ],
    json: {
      counts,
      searchSeconds: { mean, min: least, max: most },
      queriesPerSecond: { mean: queries / mean, min: queries / most, max: queries / least },
    },
  };
}

interface Searched {
  readonly ids: Ids;
  /** Of one search. */
  readonly counts: SearchCounts;
  /** Of each search. */
  readonly seconds: readonly number[];
}

async function searchRepeatedly(
  index: SearchIndex,
  queries: Matrix,
  k: number,
  choices: SearchChoices,
  repeat: number,
  session: Session,
): Promise<Searched> {
  const progress = session.progress('searching, queries');
  const total = repeat * queries.rows;
  const { signal, threads } = session;
  const gpu = searchesOnGpu(index.kind) ? await session.gpuFor(total * index.rows * index.dim) : undefined;
  const seconds: number[] = [];
  let found: SearchResult | undefined;
  for (let run = 0; run < repeat; run++) {
    const onProgress = (done: number) => progress.update(run * queries.rows + done, total);
    const begin = session.now();
    const result = await index.search(queries, k, { ...choices, threads, signal, onProgress, gpu });
    seconds.push(session.now() - begin);
    found ??= result;
    await letSignalsArrive(signal);
  }
  progress.end();
  return { ids: found!.ids, counts: found!.counts, seconds };
}
