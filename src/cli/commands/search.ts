import type { SearchIndex } from '../../index/kinds.ts';
import type { SearchCounts, SearchResult } from '../../index/search/search-result.ts';
import { readArchive } from '../../io/container/archive-file.ts';
import { digestIds } from '../../io/digest.ts';
import { type IdOfRow, type Results, resultText, TEXT_FORMATS, type TextFormat } from '../../io/result-text.ts';
import { textFormatOf, writeResults } from '../../io/results.ts';
import { readVectors } from '../../io/vectors.ts';
import { loadIndex } from '../../pipeline/load-index.ts';
import type { PipelineIndex } from '../../pipeline/pipeline-index.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { requireDirections } from '../../tensor/unit-rows.ts';
import { placeVectors } from '../../tensor/vectors/vectors-array.ts';
import { QUERY_OPTIONS } from '../arguments/options.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { interpreted, requireEnoughRows, requireSameCols, requireWritableResults } from '../input/checks.ts';
import { allVectorsHeld, contentHeld, requireMemory } from '../input/memory.ts';
import { chooseSearch, optionsOfKinds, requireOptionsOfKind, requireSearchable, searchesOnGpu } from '../kinds/all.ts';
import { SEARCH_OPTIONS } from '../kinds/options.ts';
import { idOfRow, requireTableIds, tableIds } from '../kinds/searching/own-ids.ts';
import type { SearchChoices } from '../kinds/searching/search-choices.ts';
import { type ListingRow, listing, secondsText } from '../output/listing.ts';
import { defineCommand, resultRow, type Session } from '../session/command.ts';
import { letSignalsArrive, throwIfInterrupted } from '../session/failures.ts';

export const searchCommand = defineCommand('search', 'searches an index for the nearest neighbors of each query', {
  options: {
    index: { type: 'path', placeholder: 'I', required: true, text: 'what cnt build wrote' },
    ...QUERY_OPTIONS,
    out: {
      type: 'path',
      placeholder: 'R.ivecs',
      required: true,
      text: 'file for what is found, nearest first: ids (.ivecs .npy .ibin), or ids and distances (.json .csv .txt); - is stdout',
    },
    format: { type: 'choice', choices: TEXT_FORMATS, text: 'of --out -', whenAbsent: 'txt' },
    ...optionsOfKinds('search', SEARCH_OPTIONS),
    repeat: { type: 'integer', least: 1, default: 1, text: 'search this often, for the time alone' },
  },
  about: [
    'Queries are searched one after the other; graphs (hnsw, nsg, hnsw-sq8) by as many threads as --threads says, with the same answers and ' +
      'counts. Where fewer than k rows are found, the rest is -1.',
    'An index that was built with --model or --normalize takes queries as the original vectors are, and compresses and normalizes them itself. ' +
      'One that was built with --ids answers with these; tables (.ivecs .npy .ibin) hold them from 0 to 2^31 - 1, .json has them as texts ' +
      'where one exceeds 2^53.',
    'Text has a neighbor in each line: query (from 0), rank (from 1), id and squared Euclidean distance (of an index of codes as these say), in columns (.txt) ' +
      'or with commas (.csv); .json is an array with {"query", "ids", "squaredDistances"} in each line. A distance is the shortest number that is the ' +
      'same float32. With --out - what else is printed goes to stderr.',
  ],
  onGpu: true,
  examples: [
    'cnt search --index index.hnsw --query query.fvecs --k 100 --ef 100 --out result.ivecs',
    'cnt search --index index.ivfpq --query query.fvecs --nprobe 4 --rerank 500 --out result.ivecs',
    'cnt search --index index.hnsw --query query.fvecs --k 3 --out - --format csv | head',
  ],
  async run(values, _, session) {
    const { index: indexPath, query: queryPath, out, k, ef, rerank, repeat } = values;
    for (const [name, value] of Object.entries({ ef, rerank })) {
      if (value !== undefined && value < k)
        throw new UsageError(`--${name}: expected at least k = ${k}, got ${value}.`);
    }
    const output = await chooseOutput(values, [indexPath, queryPath]);
    const held = [await contentHeld(indexPath, 'archive'), ...(await allVectorsHeld([queryPath]))];
    requireMemory(session, held, 'cnt build --codes makes smaller indexes, of codes');
    const { backend, signal, threads } = session;
    const archive = await readArchive(indexPath, {
      place: (array) => placeVectors(array, { backend, attachable: threads - 1 }),
      signal,
    });
    const index = interpreted(indexPath, () => loadIndex(archive, backend, threads));
    const { rows, dim } = index;
    const { kind } = index.kind === 'pipeline' ? index.inner : index;
    requireSearchable(kind, session.gpu !== undefined);
    requireOptionsOfKind('search', SEARCH_OPTIONS, withoutHeldModel(values, index), kind, `an index of kind ${kind}`);
    const ownIds = index.kind === 'pipeline' ? index.ids : undefined;
    if (ownIds && output.isTable) requireTableIds(ownIds, out);
    const choices = await chooseSearch(index, values, k, indexPath);
    const queries = await readVectors(queryPath);
    requireSameCols(queryPath, queries.cols, vectorsOf(index, indexPath), dim);
    if (index.kind === 'pipeline' && index.normalize) requireDirections(queries, queryPath);
    requireEnoughRows(indexPath, rows, k);
    const found = await searchRepeatedly(index, queries, k, choices, repeat, session);
    const searched = output.isTable ? { ...found, ids: tableIds(found.ids, ownIds) } : found;
    await output.write(searched, session, idOfRow(ownIds));
    const digest = session.gpu ? undefined : digestIds(searched.ids);
    const { lines, json } = costs(searched, queries.rows);
    return {
      ...(output.onStdout && { linesOnStderr: true }),
      lines: listing([
        ['index', `${kind}, ${rows} x ${dim}`],
        ...pipelineRows(index),
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

/** Where results go. */
interface Output {
  readonly onStdout: boolean;
  /** Of ids alone, as 32-bit numbers. */
  readonly isTable: boolean;
  write(results: Results, session: Session, idOf: IdOfRow | undefined): Promise<void>;
}

/**
 * @param inputs files that the command reads
 * @throws {UsageError} if options contradict each other {FileError} if a file could not be written
 */
async function chooseOutput(
  { out, format, json }: { readonly out: string; readonly format: TextFormat | undefined; readonly json: boolean },
  inputs: readonly string[],
): Promise<Output> {
  if (out !== '-') {
    if (format !== undefined) throw new UsageError(`--format belongs to --out -, got ${out}, whose extension says it.`);
    await requireWritableResults(out, inputs);
    return {
      onStdout: false,
      isTable: textFormatOf(out) === undefined,
      write: (results, { signal }, idOf) => writeResults(out, results, { signal, ...(idOf && { idOf }) }),
    };
  }
  if (json) throw new UsageError('--json: expected --out to be a file, since both print on stdout, got -.');
  const write = async (results: Results, session: Session, idOf: IdOfRow | undefined): Promise<void> => {
    for (const piece of resultText(results, format ?? 'txt', idOf)) {
      throwIfInterrupted(session.signal);
      if (!(await session.write(piece))) return;
    }
  };
  return { onStdout: true, isTable: false, write };
}

/** What stands before and behind the index. */
function pipelineRows(index: SearchIndex | PipelineIndex): ListingRow[] {
  if (index.kind !== 'pipeline') return [];
  const { normalize, model, ids } = index;
  return [
    ['queries normalized', normalize ? 'yes' : undefined],
    ['queries compressed', model && `to ${model.dOut} by ${model.method}`],
    ['ids', ids && 'own'],
  ];
}

/** Options that the kind of an index takes or refuses; a model beside one that the index holds is refused in words of its own. */
function withoutHeldModel(values: Readonly<Record<string, unknown>>, index: SearchIndex | PipelineIndex) {
  const holds = index.kind === 'pipeline' && index.model !== undefined;
  return holds ? { ...values, model: undefined } : values;
}

/** Whose width queries must have. */
function vectorsOf(index: SearchIndex | PipelineIndex, path: string): string {
  const compresses = index.kind === 'pipeline' && index.model !== undefined;
  return compresses ? `the original vectors of ${path}, which compresses queries itself` : path;
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
      [
        counts.codes === undefined ? 'distances a query' : 'distances and table entries a query',
        counts.distances / queries,
      ],
      ['walked distances a query', counts.walkDistances === undefined ? undefined : counts.walkDistances / queries],
      ['codes a query', counts.codes === undefined ? undefined : counts.codes / queries],
      ['hops a query', counts.hops === 0 ? undefined : counts.hops / queries],
    ],
    json: {
      counts,
      searchSeconds: { mean, min: least, max: most },
      queriesPerSecond: { mean: queries / mean, min: queries / most, max: queries / least },
    },
  };
}

interface Searched extends Results {
  /** Of one search. */
  readonly counts: SearchCounts;
  /** Of each search. */
  readonly seconds: readonly number[];
}

async function searchRepeatedly(
  index: SearchIndex | PipelineIndex,
  queries: Matrix,
  k: number,
  choices: SearchChoices,
  repeat: number,
  session: Session,
): Promise<Searched> {
  const progress = session.progress('searching, queries');
  const total = repeat * queries.rows;
  const { signal, threads } = session;
  const inner = index.kind === 'pipeline' ? index.inner : index;
  const gpu = searchesOnGpu(inner.kind) ? await session.gpuFor(total * inner.rows * inner.dim) : undefined;
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
  const { ids, distances, counts } = found!;
  return { ids, distances, counts, seconds };
}
