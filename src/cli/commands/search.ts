import { loadIndex, type SearchIndex } from '../../index/load-index.ts';
import type { SearchCounts, SearchResult } from '../../index/search-result.ts';
import { readArchive } from '../../io/archive-file.ts';
import { digestIds } from '../../io/digest.ts';
import { writeIds } from '../../io/ids.ts';
import { readVectors } from '../../io/vectors.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { defineCommand, type Session } from '../command.ts';
import { breathe, UsageError } from '../failures.ts';
import { interpreted, requireEnoughRows, requireSameCols, requireWritableIds } from '../files.ts';
import { type ListingRow, listing, secondsText } from '../listing.ts';

/** Queries between two looks at the signal; an exact search takes more of them in one pass over the base. */
const BLOCK_QUERIES = { hnsw: 50, nsg: 50, 'hnsw-sq8': 50, lc: 50, pq: 50, ivfpq: 50, sq8: 50, flat: 500 } as const;
/** These compare a query with all they hold, or all of some lists. */
const SCANNING: readonly string[] = ['flat', 'pq', 'ivfpq', 'sq8'];
const DEFAULT_EF = 100;

export const searchCommand = defineCommand({
  name: 'search',
  purpose: 'searches an index for the nearest neighbors of each query',
  options: {
    index: { type: 'path', placeholder: 'I', required: true, text: 'what cnt build wrote' },
    query: { type: 'path', placeholder: 'Q', required: true, text: 'vectors to search for' },
    out: { type: 'path', placeholder: 'R.ivecs', required: true, text: 'file for the ids found, nearest first' },
    k: { type: 'integer', least: 1, default: 100, text: 'neighbors of each query' },
    ef: {
      type: 'integer',
      least: 1,
      text: 'hnsw: candidates kept during a search, at least k; more find more and take longer',
      whenAbsent: `${DEFAULT_EF}, or k where that is more`,
    },
    repeat: { type: 'integer', least: 1, default: 1, text: 'search this often, for the time alone' },
  },
  about: ['Queries are searched one after the other on one thread. Where fewer than k rows are found, the rest is -1.'],
  examples: ['cnt search --index index.hnsw --query query.fvecs --k 100 --ef 100 --out result.ivecs'],
  async run({ index: indexPath, query: queryPath, out, k, ef, repeat }, _, session) {
    if (ef !== undefined && ef < k) throw new UsageError(`--ef: expected at least k = ${k}, got ${ef}.`);
    await requireWritableIds(out, [indexPath, queryPath]);
    const archive = await readArchive(indexPath);
    const index = interpreted(indexPath, () => loadIndex(archive, session.backend));
    const { kind, rows, dim } = index;
    if (ef !== undefined && SCANNING.includes(kind)) {
      throw new UsageError(`--ef belongs to hnsw indexes, got a ${kind} one.`);
    }
    const queries = await readVectors(queryPath);
    requireSameCols(queryPath, queries.cols, indexPath, dim);
    requireEnoughRows(indexPath, rows, k);
    const width = SCANNING.includes(kind) ? undefined : (ef ?? Math.max(DEFAULT_EF, k));
    const searched = await searchRepeatedly(index, queries, k, width, repeat, session);
    const table = { rows: queries.rows, cols: k, data: searched.ids };
    await writeIds(out, table, { signal: session.signal });
    const digest = digestIds(table);
    const { lines, json } = costs(searched, queries.rows);
    return {
      lines: listing([
        ['index', `${kind}, ${rows} x ${dim}`],
        ['queries', queries.rows],
        ['k', k],
        ['ef', width],
        ...lines,
        ['digest', digest],
      ]),
      json: {
        ...{ index: indexPath, kind, query: queryPath, out, rows, cols: dim, queries: queries.rows },
        ...{ k, ef: width, repeat, ...json, digest, backend: session.ranOn },
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
  /** (queries, k). */
  readonly ids: Int32Array;
  /** Of one search. */
  readonly counts: SearchCounts;
  /** Of each search. */
  readonly seconds: readonly number[];
}

async function searchRepeatedly(
  index: SearchIndex,
  queries: Matrix,
  k: number,
  ef: number | undefined,
  repeat: number,
  session: Session,
): Promise<Searched> {
  const progress = session.progress('searching, queries');
  const most = BLOCK_QUERIES[index.kind];
  const ids = new Int32Array(queries.rows * k);
  const counts = { distances: 0, multiplyAdds: 0, hops: 0 };
  const seconds: number[] = [];
  for (let run = 0; run < repeat; run++) {
    let spent = 0;
    for (let first = 0; first < queries.rows; first += most) {
      const rows = Math.min(most, queries.rows - first);
      const block = rowsFrom(queries, first, rows);
      const begin = session.now();
      const found = search(index, block, k, ef);
      spent += session.now() - begin;
      if (run === 0) {
        ids.set(found.ids, first * k);
        counts.distances += found.counts.distances;
        counts.multiplyAdds += found.counts.multiplyAdds;
        counts.hops += found.counts.hops;
      }
      progress.update(run * queries.rows + first + rows, repeat * queries.rows);
      await breathe(session.signal);
    }
    seconds.push(spent);
  }
  progress.end();
  return { ids, counts, seconds };
}

function search(index: SearchIndex, queries: Matrix, k: number, ef: number | undefined): SearchResult {
  if (index.kind === 'ivfpq') return index.search(queries, k, { nprobe: index.nlist });
  if (index.kind === 'flat' || index.kind === 'pq' || index.kind === 'sq8') return index.search(queries, k);
  return index.search(queries, k, { ef: ef ?? k });
}

function rowsFrom({ cols, data }: Matrix, first: number, rows: number): Matrix {
  return { rows, cols, data: data.subarray(first * cols, (first + rows) * cols) };
}
