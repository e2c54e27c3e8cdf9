import { type BackendChoice, computingOf } from '../../../kernels/backend.ts';
import type { Compressor } from '../../compress/compressor.ts';
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
import { readWalkModel, requireModelToRerank } from '../input/query-model.ts';
import { optionsOfKinds, requireOptionsOfKind } from '../kinds/all.ts';
import { DEFAULT_EF, DEFAULT_NPROBE, SEARCH_OPTIONS } from '../kinds/options.ts';
import { type ListingRow, listing, secondsText } from '../output/listing.ts';
import { defineCommand, resultRow, type Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

/** Queries between two looks at the signal; an exact search takes more of them in one pass over the base. */
const BLOCK_QUERIES = { hnsw: 50, nsg: 50, 'hnsw-sq8': 50, lc: 50, pq: 50, ivfpq: 50, sq8: 50, flat: 500 } as const;
/** Queries are compressed together: a network copies its weights for each block. */
const RERANKED_QUERIES = 500;

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
    const { index: indexPath, query: queryPath, model: modelPath, out, k, ef, nprobe, rerank, repeat } = values;
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
    if (session.gpu && kind !== 'flat')
      throw new UsageError(`--backend gpu searches flat indexes, got one of kind ${kind}.`);
    requireOptionsOfKind('search', SEARCH_OPTIONS, values, kind, `an index of kind ${kind}`);
    requireModelToRerank(index, rerank, modelPath);
    const model = modelPath === undefined ? undefined : await readWalkModel(modelPath, index, indexPath);
    const choices = chosenSearch(index, indexPath, k, { ef, nprobe, rerank });
    const queries = await readVectors(queryPath);
    requireSameCols(queryPath, queries.cols, indexPath, dim);
    requireEnoughRows(indexPath, rows, k);
    const searched = await searchRepeatedly(index, queries, k, { ...choices, model }, repeat, session);
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

/** How an index is searched; what does not belong to its kind is absent. */
interface SearchChoices {
  readonly ef?: number | undefined;
  readonly nprobe?: number | undefined;
  readonly rerank?: number | undefined;
}

/** What was given, and defaults. @throws {RangeError} if the index has not what is asked of it */
function chosenSearch(index: SearchIndex, path: string, k: number, given: SearchChoices): SearchChoices {
  const { ef, nprobe, rerank } = given;
  if (index.kind === 'flat') return {};
  if (index.kind === 'pq' || index.kind === 'sq8' || index.kind === 'ivfpq') {
    if (rerank !== undefined && !index.statistics().keepsVectors) {
      throw new RangeError(`${path}: expected an index built with --keep-vectors to re-rank, got codes alone.`);
    }
    if (index.kind !== 'ivfpq') return { rerank };
    if (nprobe !== undefined && nprobe > index.nlist) {
      throw new RangeError(`${path}: expected --nprobe of at most ${index.nlist}, the lists, got ${nprobe}.`);
    }
    return { nprobe: nprobe ?? Math.min(DEFAULT_NPROBE, index.nlist), rerank };
  }
  return { ef: ef ?? Math.max(DEFAULT_EF, k, rerank ?? k), rerank };
}

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
  choices: SearchChoices & { readonly model: Compressor | undefined },
  repeat: number,
  session: Session,
): Promise<Searched> {
  const progress = session.progress('searching, queries');
  const total = repeat * queries.rows;
  const { signal } = session;
  const byThreads = session.threads > 1 ? threadedSearch(index, k, choices, session) : undefined;
  const flat = index.kind === 'flat' ? index : undefined;
  const gpu = flat && (await session.gpuFor(total * flat.rows * flat.dim));
  const most = choices.model ? RERANKED_QUERIES : byThreads || gpu ? queries.rows : BLOCK_QUERIES[index.kind];
  const ids = { rows: queries.rows, cols: k, data: new Int32Array(queries.rows * k) };
  let counts: SearchCounts = { distances: 0, multiplyAdds: 0, hops: 0 };
  const seconds: number[] = [];
  for (let run = 0; run < repeat; run++) {
    let spent = 0;
    for (let first = 0; first < queries.rows; first += most) {
      const rows = Math.min(most, queries.rows - first);
      const block = rowsFrom(queries, first, rows);
      const begin = session.now();
      const onProgress = (done: number) => progress.update(run * queries.rows + first + done, total);
      const found = byThreads
        ? await byThreads(block, onProgress)
        : gpu
          ? await flat.searchOn(gpu, block, k, { ...computingOf(session), signal })
          : search(index, block, k, choices, session.backend);
      spent += session.now() - begin;
      if (run === 0) {
        ids.data.set(found.ids.data, first * k);
        counts = sumOf(counts, found.counts);
      }
      progress.update(run * queries.rows + first + rows, total);
      await letSignalsArrive(signal);
    }
    seconds.push(spent);
  }
  progress.end();
  return { ids, counts, seconds };
}

function sumOf(a: SearchCounts, b: SearchCounts): SearchCounts {
  const sum = {
    distances: a.distances + b.distances,
    multiplyAdds: a.multiplyAdds + b.multiplyAdds,
    hops: a.hops + b.hops,
  };
  const optional = (name: 'codes' | 'walkDistances') =>
    b[name] === undefined ? {} : { [name]: (a[name] ?? 0) + b[name] };
  return { ...sum, ...optional('codes'), ...optional('walkDistances') };
}

/** The search of all queries by several threads, of an index that has one. */
function threadedSearch(
  index: SearchIndex,
  k: number,
  { ef = k, rerank = k, model }: SearchChoices & { readonly model: Compressor | undefined },
  { threads, signal, backend }: Session,
): ((queries: Matrix, onProgress: (done: number) => void) => Promise<SearchResult>) | undefined {
  if (index.kind === 'hnsw' && model) {
    return async (queries, onProgress) => {
      const walkQueries = model.encode(queries, { backend, threads });
      return index.searchRerankedByThreads(queries, walkQueries, k, { ef, rerank, threads, signal, onProgress });
    };
  }
  if (index.kind !== 'hnsw' && index.kind !== 'nsg' && index.kind !== 'hnsw-sq8') return undefined;
  return (queries, onProgress) => index.searchByThreads(queries, k, { ef, threads, signal, onProgress });
}

function search(
  index: SearchIndex,
  queries: Matrix,
  k: number,
  { ef, nprobe, rerank, model }: SearchChoices & { readonly model: Compressor | undefined },
  backend: BackendChoice,
): SearchResult {
  const ranking = rerank === undefined ? {} : { rerank };
  if (index.kind === 'flat') return index.search(queries, k);
  if (index.kind === 'ivfpq') return index.search(queries, k, { ...ranking, nprobe: nprobe ?? index.nlist });
  if (index.kind === 'pq' || index.kind === 'sq8') return index.search(queries, k, ranking);
  if (index.kind === 'hnsw' && model) {
    return index.searchReranked(queries, model.encode(queries, { backend }), k, { ef: ef ?? k, rerank: rerank ?? k });
  }
  return index.search(queries, k, { ef: ef ?? k });
}

function rowsFrom({ cols, data }: Matrix, first: number, rows: number): Matrix {
  return { rows, cols, data: data.subarray(first * cols, (first + rows) * cols) };
}
