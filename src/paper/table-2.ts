import { recallAt } from '../eval/recall.ts';
import { IvfAdcIndex } from '../index/ivf-adc.ts';
import type { SearchResult } from '../index/search-result.ts';
import { digestArrays, digestIds } from '../io/digest.ts';
import { type Cell, measuredCell, recallCell } from './cell.ts';
import type { Experiment, Method, MethodOrNone } from './experiment.ts';
import { IVFADC_SETTINGS, TABLE_2, TABLE_2_FACTOR } from './settings.ts';
import { type TimedSearch, timedSearch } from './timed-search.ts';

/** Recalls of one search, in percent. */
export interface Table2Recalls {
  readonly recall1at1: number;
  readonly recall1at5: number;
  readonly recall1at50: number;
}

/** A search that visits `nprobe` of the inverted lists. */
export interface ProbedSearch extends Table2Recalls {
  readonly nprobe: number;
  /** Percent of the true nearest neighbors that lie in the lists visited: no recall can be higher. */
  readonly probedShare: number;
  readonly codesPerQuery: number;
  readonly queriesPerSecond: number;
}

/** One row of Table 2 as measured here. */
export interface Table2Result extends Table2Recalls {
  readonly method: MethodOrNone;
  readonly codec: 'PQ';
  /** Of a code, without the id. */
  readonly bytes: number;
  readonly indexingSeconds: number;
  readonly queriesPerSecond: TimedSearch['queriesPerSecond'];
  readonly codesPerQuery: number;
  /** Distances besides those of codes: to coarse centroids and to the words of codebooks. */
  readonly distancesPerQuery: number;
  readonly multiplyAddsPerQuery: number;
  readonly sweep: readonly ProbedSearch[];
  readonly modelDigest: string;
  readonly indexDigest: string;
  readonly resultDigest: string;
}

/** The bytes of Table 2 that divide the compressed dimension. @throws {RangeError} if none does */
export function table2Bytes({ data }: Experiment): number[] {
  const compressed = data.base.cols / TABLE_2_FACTOR;
  const printed = [...new Set(TABLE_2[data.paper].map(({ bytes }) => bytes))];
  const fitting = printed.filter((bytes) => compressed % bytes === 0);
  if (fitting.length > 0) return fitting;
  throw new RangeError(
    `reproduce: expected a dimension that ${printed.map((bytes) => TABLE_2_FACTOR * bytes).join(' or ')} divides for table2, got ${data.base.cols}.`,
  );
}

/**
 * Product codes of full and of compressed vectors in inverted lists, searched for the neighbors of the original space.
 *
 * Source: the paper, Table 2. Departs: nprobe is not stated there, so that all lists are visited, beside a sweep; adds PCA before PQ, the
 * control that the paper lacks; Catalyst has 4 times fewer columns, as CNT, where the paper gives no number.
 */
export async function measureTable2(experiment: Experiment, repetitions: number): Promise<Table2Result[]> {
  const rows: Table2Result[] = [];
  for (const bytes of table2Bytes(experiment)) {
    for (const method of methodsOf(experiment, bytes))
      rows.push(await measureRow(experiment, method, bytes, repetitions));
  }
  return rows;
}

/** Catalyst is compared where the paper does. */
function methodsOf({ data }: Experiment, bytes: number): (Method | undefined)[] {
  const catalyst = TABLE_2[data.paper].some((row) => row.method === 'Catalyst' && row.bytes === bytes);
  return [undefined, ...(catalyst ? (['Catalyst'] as const) : []), 'PCA', 'CNT'];
}

function measureRow(
  experiment: Experiment,
  method: Method | undefined,
  bytes: number,
  repetitions: number,
): Promise<Table2Result> {
  const key = experiment.key({ step: 'table 2', method: method ?? 'none', codec: 'PQ', bytes, repetitions });
  return experiment.store.result(key, async () => {
    const { data } = experiment;
    const { nlist, nprobe, k, sweep } = IVFADC_SETTINGS;
    const { base, query, modelDigest } = await experiment.compressed(method, method ? TABLE_2_FACTOR : 1);
    const { index, seconds: indexingSeconds } = await buildIvfAdc(
      experiment,
      base,
      bytes,
      nlist,
      nameOf(method, bytes),
    );
    const shares = index.probedShares(query, data.truth, k, 1);
    const probed: ProbedSearch[] = [];
    for (const visited of sweep) {
      const { found, queriesPerSecond } = await timedSearch(
        experiment,
        () => index.search(query, k, { nprobe: visited }),
        1,
      );
      probed.push({
        nprobe: visited,
        probedShare: 100 * shares[visited - 1]!,
        codesPerQuery: found.counts.codes! / query.rows,
        queriesPerSecond: queriesPerSecond[0],
        ...recallsOf(experiment, found),
      });
    }
    const search = () => index.search(query, k, { nprobe });
    const { found, queriesPerSecond } = await timedSearch(experiment, search, repetitions);
    return {
      method: method ?? 'none',
      codec: 'PQ',
      bytes,
      indexingSeconds,
      queriesPerSecond,
      codesPerQuery: found.counts.codes! / query.rows,
      distancesPerQuery: found.counts.distances / query.rows,
      multiplyAddsPerQuery: found.counts.multiplyAdds / query.rows,
      ...recallsOf(experiment, found),
      sweep: probed,
      modelDigest,
      indexDigest: digestArrays(index.toArchive()),
      resultDigest: digestIds({ rows: query.rows, cols: k, data: found.ids }),
    };
  });
}

async function buildIvfAdc(
  experiment: Experiment,
  base: Experiment['data']['base'],
  bytes: number,
  nlist: number,
  name: string,
): Promise<{ index: IvfAdcIndex; seconds: number }> {
  const { backend, signal, now, progress: begun } = experiment.around;
  const progress = begun(`building IVFADC, ${name}`);
  const begin = now();
  // Source: "based on Faiss", hence faiss's rules of k-means.
  const index = await IvfAdcIndex.build({
    ...{ base, nlist, m: bytes, profile: 'faiss', backend, signal },
    onProgress: (step, done, total) => progress.update(done, total, step),
  });
  const seconds = now() - begin;
  progress.end();
  return { index, seconds };
}

function recallsOf({ data }: Experiment, { ids, k }: SearchResult): Table2Recalls {
  const result = { rows: data.query.rows, cols: k, data: ids };
  const truth = { rows: data.query.rows, cols: k, data: data.truth };
  const at = (rank: number) => 100 * recallAt(result, truth, rank);
  return { recall1at1: at(1), recall1at5: at(5), recall1at50: at(50) };
}

function nameOf(method: MethodOrNone | undefined, bytes: number, codec = 'PQ'): string {
  return `${method === undefined || method === 'none' ? '' : `${method} + `}${codec}, ${bytes} bytes`;
}

const COLUMNS = [
  ['1@1', 'recall1at1'],
  ['1@5', 'recall1at5'],
  ['1@50', 'recall1at50'],
] as const;

/** The rows beside the paper's, and what compressing gains over the same code of the full vectors. */
export function table2Cells(experiment: Experiment, results: readonly Table2Result[]): Cell[] {
  const { paper, difference } = experiment.data;
  const printedOf = ({ method, codec, bytes }: Pick<Table2Result, 'method' | 'codec' | 'bytes'>) =>
    TABLE_2[paper].find((row) => row.method === method && row.codec === codec && row.bytes === bytes);
  return results.flatMap((ours) => {
    const { method, codec, bytes } = ours;
    const row = nameOf(method, bytes, codec);
    const printed = printedOf(ours);
    const reason = reasonFor(experiment, ours);
    const cells = [
      measuredCell(
        row,
        'search q/s',
        printed?.queriesPerSecond,
        ours.queriesPerSecond[0],
        0,
        `this machine, one thread; ${difference}`,
      ),
      ...COLUMNS.map(([column, field]) => recallCell(row, column, printed?.[field], ours[field], reason)),
    ];
    const plain = results.find((other) => other.method === 'none' && other.codec === codec && other.bytes === bytes);
    if (method === 'none' || plain === undefined) return cells;
    const printedPlain = printedOf(plain);
    return [
      ...cells,
      ...COLUMNS.map(([column, field]) => {
        const gain = printed && printedPlain && printed[field] - printedPlain[field];
        return recallCell(row, `${column} - ${codec}`, gain, ours[field] - plain[field], reason);
      }),
    ];
  });
}

function reasonFor(experiment: Experiment, { method }: Table2Result): string {
  const { difference } = experiment.data;
  const samples = experiment.samples.toLocaleString('en');
  if (method === 'CNT') return `${difference}; ${samples} training samples`;
  if (method === 'Catalyst') return `${difference}; ${samples} training samples, three a triplet`;
  return difference;
}

/** Recalls for each number of lists visited, and the share of true neighbors in them. */
export function table2Sweep(results: readonly Table2Result[]): string[][] {
  return [
    ['row', 'nprobe', 'true neighbors in the lists', '1@1', '1@5', '1@50', 'codes a query', 'search q/s'],
    ...results.flatMap(({ method, bytes, codec, sweep }) =>
      sweep.map((search) => [
        nameOf(method, bytes, codec),
        String(search.nprobe),
        `${search.probedShare.toFixed(1)} %`,
        search.recall1at1.toFixed(1),
        search.recall1at5.toFixed(1),
        search.recall1at50.toFixed(1),
        search.codesPerQuery.toFixed(0),
        search.queriesPerSecond.toFixed(0),
      ]),
    ),
  ];
}

/** What can be counted instead of timed: the same on every machine. */
export function table2Counts(results: readonly Table2Result[]): string[][] {
  return [
    ['row', 'codes a query', 'other distances a query', 'multiply-adds a query'],
    ...results.map((ours) => [
      nameOf(ours.method, ours.bytes, ours.codec),
      ours.codesPerQuery.toFixed(0),
      ours.distancesPerQuery.toFixed(0),
      ours.multiplyAddsPerQuery.toFixed(0),
    ]),
  ];
}
