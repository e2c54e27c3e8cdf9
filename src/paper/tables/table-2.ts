import { recallAt } from '../../eval/recall.ts';
import type { SearchResult } from '../../index/search/search-result.ts';
import { digestArrays, digestIds } from '../../io/digest.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, list, number, oneOf, record, text } from '../experiment/json-form.ts';
import { repeatedSpeed, sweptSearch, timedSearch } from '../experiment/timed-search.ts';
import { codecName, type MethodOrNone } from '../methods/method.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';
import { TABLE_2 } from '../printed/tables.ts';
import { type Cell, measuredCell, recallCell } from './cell.ts';
import { invertedLists, type LearningRounds, linkedCodes, SWEPT_SETTING } from './coded-vectors.ts';

/** PQ is searched by IVFADC. */
const codec = oneOf('PQ', 'L&C');
export type Codec = Described<typeof codec>;

/** Percent. */
const RECALLS = { recall1at1: number, recall1at5: number, recall1at50: number };

/** A search of PQ that visits `nprobe` of the inverted lists, or of L&C that keeps `ef` candidates. */
const sweptSearchResult = record({ codesPerQuery: number, queriesPerSecond: number, ...RECALLS }, SWEPT_SETTING);

const table2Result = record(
  {
    method: oneOf('none', 'cnt', 'catalyst', 'pca'),
    codec,
    /** Of a product code, without the id. */
    bytes: number,
    indexingSeconds: number,
    queriesPerSecond: repeatedSpeed,
    codesPerQuery: number,
    multiplyAddsPerQuery: number,
    ...RECALLS,
    sweep: list(sweptSearchResult),
    modelDigest: text,
    indexDigest: text,
    resultDigest: text,
  },
  {
    /** L&C: bytes of a vector with its regression code, and with its links at level 0 too. */
    bytesPerVector: record({ codes: number, refined: number, withLinks: number }),
  },
);

/** One row of Table 2 as measured here. */
export type Table2Result = Described<typeof table2Result>;

export interface Table2Choices extends LearningRounds {
  /** Searches by the clock. */
  readonly repetitions: number;
}

/** The bytes of Table 2 that divide the compressed dimension. @throws {RangeError} if none does */
export function table2Bytes({ data }: Experiment): number[] {
  const compressed = data.base.cols / COMPRESSION_FACTOR;
  const printed = [...new Set(TABLE_2[data.comparedWith].map(({ bytes }) => bytes))];
  const fitting = printed.filter((bytes) => compressed % bytes === 0);
  if (fitting.length > 0) return fitting;
  throw new RangeError(
    `reproduce: expected a dimension that ${printed.map((bytes) => COMPRESSION_FACTOR * bytes).join(' or ')} divides for table2, got ${data.base.cols}.`,
  );
}

/**
 * Codes of full and of compressed vectors, in inverted lists and in Link and Code, searched for the neighbors of the original space.
 *
 * Source: the paper, Table 2. Departs: nprobe and ef are not stated there: all lists are visited, 1024 candidates kept, beside sweeps.
 * Adds PCA before PQ, the control that the paper lacks. Catalyst has 4 times fewer columns, as CNT, where the paper gives no number.
 */
export async function measureTable2(experiment: Experiment, choices: Table2Choices): Promise<Table2Result[]> {
  const rows: Table2Result[] = [];
  for (const bytes of table2Bytes(experiment)) {
    for (const method of methodsOf(experiment, bytes))
      rows.push(await measureRow(experiment, method, 'PQ', bytes, choices));
    for (const method of ['none', 'cnt'] as const)
      rows.push(await measureRow(experiment, method, 'L&C', bytes, choices));
  }
  return rows;
}

/** Catalyst is compared where the paper does. */
function methodsOf({ data }: Experiment, bytes: number): Table2Result['method'][] {
  const catalyst = TABLE_2[data.comparedWith].some((row) => row.method === 'catalyst' && row.bytes === bytes);
  return ['none', ...(catalyst ? (['catalyst'] as const) : []), 'pca', 'cnt'];
}

function measureRow(
  experiment: Experiment,
  method: Table2Result['method'],
  codec: Codec,
  bytes: number,
  { repetitions, rotationRounds, regressionRounds }: Table2Choices,
): Promise<Table2Result> {
  const rounds = { rotationRounds, regressionRounds };
  const own = { step: 'table 2', method, codec, bytes, repetitions };
  const key = experiment.key(codec === 'PQ' ? own : { ...own, ...rounds });
  return experiment.store.result(key, table2Result, async () => {
    const { base, query, modelDigest } = await experiment.compressed(
      method,
      method === 'none' ? 1 : COMPRESSION_FACTOR,
    );
    const name = codeName(method, bytes, codec);
    const coded =
      codec === 'PQ'
        ? await invertedLists(experiment, base, query, bytes, name)
        : await linkedCodes(experiment, base, query, bytes, rounds, name);
    const sweep: Described<typeof sweptSearchResult>[] = [];
    for (const { search, ...setting } of coded.sweep) {
      const { found, queriesPerSecond } = await sweptSearch(experiment, search);
      const costs = { codesPerQuery: found.counts.codes! / query.rows, queriesPerSecond };
      sweep.push({ ...setting, ...costs, ...recallsOf(experiment, found) });
    }
    const { found, queriesPerSecond } = await timedSearch(experiment, coded.search, repetitions);
    return {
      method,
      codec,
      bytes,
      ...(coded.bytesPerVector && { bytesPerVector: coded.bytesPerVector }),
      indexingSeconds: coded.seconds,
      queriesPerSecond,
      codesPerQuery: found.counts.codes! / query.rows,
      multiplyAddsPerQuery: found.counts.multiplyAdds / query.rows,
      ...recallsOf(experiment, found),
      sweep,
      modelDigest,
      indexDigest: digestArrays(coded.archive),
      resultDigest: digestIds(found.ids),
    };
  });
}

function recallsOf({ data }: Experiment, { ids }: SearchResult) {
  const at = (rank: number) => 100 * recallAt(ids, data.truth, rank);
  return { recall1at1: at(1), recall1at5: at(5), recall1at50: at(50) };
}

/** `CNT + PQ, 16 bytes`. */
export function codeName(method: MethodOrNone, bytes: number, codec: Codec): string {
  return `${codecName(method, codec)}, ${bytes} bytes`;
}

const COLUMNS = [
  ['1@1', 'recall1at1'],
  ['1@5', 'recall1at5'],
  ['1@50', 'recall1at50'],
] as const;

/** The rows beside the paper's, and what compressing gains over the same code of the full vectors. */
export function table2Cells(experiment: Experiment, results: readonly Table2Result[]): Cell[] {
  const { comparedWith, caption } = experiment.data;
  const printedOf = ({ method, codec, bytes }: Pick<Table2Result, 'method' | 'codec' | 'bytes'>) =>
    TABLE_2[comparedWith].find((row) => row.method === method && row.codec === codec && row.bytes === bytes);
  return results.flatMap((ours) => {
    const { method, codec, bytes } = ours;
    const row = codeName(method, bytes, codec);
    const printed = printedOf(ours);
    const reason = reasonFor(experiment, ours);
    const cells = [
      measuredCell(
        row,
        'search q/s',
        printed?.queriesPerSecond,
        ours.queriesPerSecond[0],
        0,
        `this machine, one thread; ${caption}`,
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
  const { caption } = experiment.data;
  const samples = experiment.samples.toLocaleString('en');
  if (method === 'cnt') return `${caption}; ${samples} training samples`;
  if (method === 'catalyst') return `${caption}; ${samples} training samples, three a triplet`;
  return caption;
}

/** Recalls for each number of lists or candidates, and the share of true neighbors in the lists. */
export function table2Sweep(results: readonly Table2Result[]): string[][] {
  return [
    ['row', 'nprobe or ef', 'true neighbors in the lists', '1@1', '1@5', '1@50', 'codes a query', 'search q/s'],
    ...results.flatMap(({ method, bytes, codec, sweep }) =>
      sweep.map((search) => [
        codeName(method, bytes, codec),
        search.ef === undefined ? `nprobe ${search.nprobe}` : `ef ${search.ef}`,
        search.probedShare === undefined ? '' : `${search.probedShare.toFixed(1)} %`,
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
    ['row', 'codes a query', 'multiply-adds a query', 'bytes', 'with regression code', 'with links'],
    ...results.map((ours) => [
      codeName(ours.method, ours.bytes, ours.codec),
      ours.codesPerQuery.toFixed(0),
      ours.multiplyAddsPerQuery.toFixed(0),
      String(ours.bytes),
      ours.bytesPerVector === undefined ? '' : String(ours.bytesPerVector.refined),
      ours.bytesPerVector === undefined ? '' : String(ours.bytesPerVector.withLinks),
    ]),
  ];
}
