import { graphArrays } from '../../graph/graph-arrays.ts';
import { Sq8GraphIndex } from '../../index/graph/sq8-graph-index.ts';
import type { SearchResult } from '../../index/search/search-result.ts';
import { digestArrays, digestIds } from '../../io/digest.ts';
import type { ScalarRange } from '../../quantize/scalar/scalar-quantizer.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, number, oneOf, record, text } from '../experiment/json-form.ts';
import { GRAPH_RECALLS, graphRecalls } from '../experiment/recalls.ts';
import { rowName } from '../methods/method.ts';
import { COMPRESSION_FACTOR, EF_SEARCH, HNSW_SETTINGS } from '../printed/settings.ts';
import { TABLE_3, type Table3Row } from '../printed/tables.ts';
import { type Cell, measuredCell, ratioCell, recallCell } from './cell.ts';

/** The paper's SQ8 row is `dimension`; codes of one range for all, compared in whole numbers, test its argument about 8-bit distances. */
const RANGES = ['none', 'dimension', 'uniform'] as const;

const searchResult = record({ ...GRAPH_RECALLS, resultDigest: text });

const table3Result = record(
  {
    method: oneOf('none', 'cnt'),
    factor: number,
    /** The ranges of SQ8, of each dimension or one for all; `none` without scalar quantization. */
    range: oneOf(...RANGES),
    indexingSeconds: number,
    indexingDistances: number,
    indexingMultiplyAdds: number,
    compressingSeconds: number,
    /** The graph searched over the full vectors. */
    overVectors: searchResult,
    modelDigest: text,
    graphDigest: text,
  },
  {
    /** The graph searched over the codes that it was built on. */
    overCodes: searchResult,
  },
);

/** One row of Table 3 as measured here. */
export type Table3Result = Described<typeof table3Result>;

/**
 * Builds HNSW on vectors and on their SQ8 codes, full and compressed, and searches it over the full vectors and over the codes.
 *
 * Source: the paper, Table 3; `QT_8bit` of faiss. Departs: the paper does not say what is searched, so both are; adds codes of one
 * range for all dimensions, whose distances are whole numbers.
 */
export async function measureTable3(experiment: Experiment): Promise<Table3Result[]> {
  const rows: Table3Result[] = [];
  for (const method of ['none', 'cnt'] as const) {
    for (const range of RANGES) rows.push(await measureRow(experiment, method, range));
  }
  return rows;
}

function measureRow(
  experiment: Experiment,
  method: Table3Result['method'],
  range: ScalarRange | 'none',
): Promise<Table3Result> {
  const key = experiment.key({ step: 'table 3', method, range });
  return experiment.store.result(key, table3Result, async () => {
    const factor = method === 'none' ? 1 : COMPRESSION_FACTOR;
    const { modelDigest, compressingSeconds } = await experiment.compressed(method, factor);
    const { graph, overCodes, overVectors, ...indexing } =
      range === 'none' ? await unquantized(experiment, method, factor) : await quantized(experiment, method, range);
    return {
      method,
      factor,
      range,
      ...indexing,
      compressingSeconds,
      overVectors: recallsOf(experiment, overVectors),
      ...(overCodes && { overCodes: recallsOf(experiment, overCodes) }),
      modelDigest,
      graphDigest: digestArrays({ kind: 'graph', ...graphArrays(graph) }),
    };
  });
}

/** The graph of Table 1. */
async function unquantized(experiment: Experiment, method: Table3Result['method'], factor: number) {
  const { data } = experiment;
  const { index: built, ...indexing } = await experiment.hnsw(method, factor);
  const index = method === 'none' ? built : built.over(data.base);
  const overVectors = await index.search(data.query, HNSW_SETTINGS.k, { ef: EF_SEARCH[data.comparedWith] });
  return { graph: index.graph, overVectors, overCodes: undefined, ...indexing };
}

async function quantized(experiment: Experiment, method: Table3Result['method'], range: ScalarRange) {
  const { data, context, seed } = experiment;
  const factor = method === 'none' ? 1 : COMPRESSION_FACTOR;
  const { base: graphBase, query } = await experiment.compressed(method, factor);
  const { M, efConstruction, k } = HNSW_SETTINGS;
  const { backend, signal } = context;
  const options = { M, efConstruction, profile: 'faiss', seed, range, backend, signal } as const;
  const what = `HNSW on SQ8 (${range}) of ${rowName(method, factor)}`;
  const { index, indexingSeconds } = await experiment.timedGraph(`SQ8 ${range}`, what, graphBase, (rows, onProgress) =>
    Sq8GraphIndex.build({ ...options, graphBase: rows, onProgress }),
  );
  const { distances: indexingDistances, multiplyAdds: indexingMultiplyAdds } = index.buildCounts!;
  const ef = EF_SEARCH[data.comparedWith];
  const overCodes = await index.search(query, k, { ef });
  await experiment.throwIfInterrupted();
  // faiss's rules make each copy a point of the graph, so the graph alone decides where a search goes.
  const overVectors = await index.over(data.base).search(data.query, k, { ef });
  return { graph: index.graph, overCodes, overVectors, indexingSeconds, indexingDistances, indexingMultiplyAdds };
}

function recallsOf({ data }: Experiment, { ids }: SearchResult) {
  return { ...graphRecalls(ids, data.truth), resultDigest: digestIds(ids) };
}

function nameOf({ method, factor, range }: Table3Result): string {
  const name = rowName(method, factor);
  return range === 'none' ? name : `${name} + SQ8${range === 'uniform' ? ' uniform' : ''}`;
}

/** The rows beside the paper's; codes of one range are a control. */
export function table3Cells(experiment: Experiment, results: readonly Table3Result[]): Cell[] {
  const { comparedWith, caption } = experiment.data;
  const full = results[0]!;
  const printedFull = TABLE_3[comparedWith][0]!;
  return results.flatMap((ours) => {
    const printed = TABLE_3[comparedWith].find(
      (row) => row.method === ours.method && ours.range !== 'uniform' && row.scalar === (ours.range === 'dimension'),
    );
    const row = nameOf(ours);
    const machine = `this machine, one thread; ${caption}`;
    const cells = [
      measuredCell(row, 'indexing s', printed?.indexingSeconds, ours.indexingSeconds, 1, machine),
      ...recallCells(row, '', printed, ours.overVectors, caption),
      ...(ours.overCodes
        ? recallCells(row, ' on codes', printed, ours.overCodes, `${caption}; the paper may search full vectors`)
        : []),
    ];
    if (ours === full) return cells;
    const share = printed && printed.indexingSeconds / printedFull.indexingSeconds;
    return [...cells, ratioCell(row, 'indexing / full', share, ours.indexingSeconds / full.indexingSeconds, machine)];
  });
}

function recallCells(
  row: string,
  reading: string,
  printed: Table3Row | undefined,
  ours: Table3Result['overVectors'],
  reason: string,
): Cell[] {
  return [
    recallCell(row, `1@1${reading}`, printed?.recall1at1, ours.recall1at1, reason),
    recallCell(row, `1@10${reading}`, printed?.recall1at10, ours.recall1at10, reason),
    recallCell(row, `100@100${reading}`, printed?.recall100at100, ours.recall100at100, reason, 2),
  ];
}

/** What can be counted instead of timed: the same on every machine. */
export function table3Counts(results: readonly Table3Result[]): string[][] {
  const full = results[0]!;
  return [
    ['row', 'indexing distances', 'multiply-adds', '/ full'],
    ...results.map((ours) => [
      nameOf(ours),
      (ours.indexingDistances / 1e6).toFixed(1).concat(' M'),
      (ours.indexingMultiplyAdds / 1e9).toFixed(1).concat(' G'),
      (ours.indexingMultiplyAdds / full.indexingMultiplyAdds).toFixed(3),
    ]),
  ];
}
