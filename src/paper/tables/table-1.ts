import { intersectionAt } from '../../eval/recall.ts';
import { graphArrays } from '../../graph/graph-arrays.ts';
import type { GraphIndex } from '../../index/graph/graph-index.ts';
import type { NsgIndex } from '../../index/graph/nsg-index.ts';
import { digestArrays, digestIds } from '../../io/digest.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, list, number, oneOf, record, text } from '../experiment/json-form.ts';
import { GRAPH_RECALLS, graphRecalls } from '../experiment/recalls.ts';
import { repeatedSpeed, sweptSearch, timedSearch } from '../experiment/timed-search.ts';
import { rowName } from '../methods/method.ts';
import { EF_SEARCH, EF_SWEEP, HNSW_SETTINGS, NN_DESCENT_SETTINGS, neighborGraphFor } from '../printed/settings.ts';
import { TABLE_1_HNSW, TABLE_1_NSG } from '../printed/tables.ts';
import { type Cell, measuredCell, ratioCell, recallCell } from './cell.ts';

/** Which columns of Table 1. */
export type GraphKind = 'HNSW' | 'NSG';

const table1Result = record(
  {
    method: oneOf('none', 'cnt', 'pca'),
    factor: number,
    indexingSeconds: number,
    indexingDistances: number,
    indexingMultiplyAdds: number,
    compressingSeconds: number,
    queriesPerSecond: repeatedSpeed,
    distancesPerQuery: number,
    hopsPerQuery: number,
    ...GRAPH_RECALLS,
    reachableFraction: number,
    /** Links of a point at level 0. */
    meanDegree: number,
    /** Searches of the ten nearest that keep `ef` candidates. */
    sweep: list(record({ ef: number, queriesPerSecond: number, distancesPerQuery: number, recall10at10: number })),
    modelDigest: text,
    graphDigest: text,
    resultDigest: text,
  },
  {
    /** NSG: the k-NN graph that it begins with; its work is part of the indexing. */
    neighborGraph: record({ parameters: record({ K: number }), multiplyAdds: number }),
  },
);

/** One row of Table 1, of one graph, as measured here. */
export type Table1Result = Described<typeof table1Result>;

/**
 * Builds a graph on full and on compressed vectors and searches each over the full ones.
 *
 * Source: the paper, Table 1. Departs: one thread builds; searches repeat in one process instead of 20 cold ones.
 *
 * @param factors of compression, besides 1
 */
export async function measureTable1(
  experiment: Experiment,
  factors: readonly number[],
  repetitions: number,
  kind: GraphKind = 'HNSW',
): Promise<Table1Result[]> {
  const rows = [await measureRow(experiment, kind, 'none', 1, repetitions)];
  for (const method of ['cnt', 'pca'] as const) {
    for (const factor of factors) rows.push(await measureRow(experiment, kind, method, factor, repetitions));
  }
  return rows;
}

function measureRow(
  experiment: Experiment,
  kind: GraphKind,
  method: Table1Result['method'],
  factor: number,
  repetitions: number,
): Promise<Table1Result> {
  const { comparedWith, base, query, truth } = experiment.data;
  const own = kind === 'HNSW' ? {} : { K: neighborGraphFor(comparedWith, base.rows).K };
  const step = kind === 'HNSW' ? 'table 1' : 'table 1, NSG';
  const key = experiment.key({ step, method, factor, repetitions, ...own });
  return experiment.store.result(key, table1Result, async () => {
    const { modelDigest, compressingSeconds } = await experiment.compressed(method, factor);
    const built = kind === 'HNSW' ? await experiment.hnsw(method, factor) : await experiment.nsg(method, factor);
    const { index: onCompressed, neighborGraph, ...indexing } = built;
    const index = method === 'none' ? onCompressed : onCompressed.over(base);
    const search = () => index.search(query, HNSW_SETTINGS.k, { ef: EF_SEARCH[comparedWith] });
    const { found, queriesPerSecond } = await timedSearch(experiment, search, repetitions);
    const { reachableFraction, meanDegree } = index.statistics();
    return {
      method,
      factor,
      ...indexing,
      compressingSeconds,
      queriesPerSecond,
      distancesPerQuery: found.counts.distances / query.rows,
      hopsPerQuery: found.counts.hops / query.rows,
      ...graphRecalls(found.ids, truth),
      reachableFraction,
      meanDegree,
      sweep: await sweep(experiment, index),
      modelDigest,
      graphDigest: digestArrays({ kind: 'graph', ...graphArrays(index.graph) }),
      resultDigest: digestIds(found.ids),
      ...(neighborGraph && { neighborGraph }),
    };
  });
}

/** What more candidates cost and find, over the full vectors. */
async function sweep(experiment: Experiment, index: GraphIndex | NsgIndex): Promise<Table1Result['sweep']> {
  const { query, truth } = experiment.data;
  const { efs, k } = EF_SWEEP;
  const searches: Table1Result['sweep'][number][] = [];
  for (const ef of efs) {
    const { found, queriesPerSecond } = await sweptSearch(experiment, () => index.search(query, k, { ef }));
    const recall = intersectionAt(found.ids, truth, k);
    const distancesPerQuery = found.counts.distances / query.rows;
    searches.push({ ef, queriesPerSecond, distancesPerQuery, recall10at10: 100 * recall });
  }
  return searches;
}

/** The rows beside the paper's; the columns of NSG bear its name. */
export function table1Cells(
  experiment: Experiment,
  results: readonly Table1Result[],
  kind: GraphKind = 'HNSW',
): Cell[] {
  const { comparedWith } = experiment.data;
  const table = (kind === 'HNSW' ? TABLE_1_HNSW : TABLE_1_NSG)[comparedWith];
  const full = results[0]!;
  const caption = kind === 'HNSW' ? experiment.data.caption : nsgCaption(experiment, full);
  const printedFull = table[0]!;
  const cells = results.flatMap((ours) => {
    const printed = table.find((row) => ours.method !== 'pca' && row.factor === ours.factor);
    const row = rowName(ours.method, ours.factor);
    const machine = `this machine, one thread; ${caption}`;
    const cells = [
      measuredCell(row, 'indexing s', printed?.indexingSeconds, ours.indexingSeconds, 1, machine),
      measuredCell(row, 'search q/s', printed?.queriesPerSecond, ours.queriesPerSecond[0], 0, machine),
      recallCell(row, '1@1', printed?.recall1at1, ours.recall1at1, caption),
      recallCell(row, '1@10', printed?.recall1at10, ours.recall1at10, caption),
      recallCell(row, '100@100', printed?.recall100at100, ours.recall100at100, caption, 2),
    ];
    if (ours === full) return cells;
    const share = printed && printed.indexingSeconds / printedFull.indexingSeconds;
    const gain = printed && printed.recall100at100 - printedFull.recall100at100;
    return [
      ...cells,
      ratioCell(row, 'indexing / full', share, ours.indexingSeconds / full.indexingSeconds, machine),
      recallCell(row, '100@100 - full', gain, ours.recall100at100 - full.recall100at100, caption, 2),
      ...(kind === 'HNSW'
        ? [measuredCell(row, 'compressing s', printed?.compressingSeconds, ours.compressingSeconds, 2, machine)]
        : []),
    ];
  });
  return kind === 'HNSW' ? cells : cells.map((cell) => ({ ...cell, column: `NSG ${cell.column}` }));
}

/** Why figures of NSG may differ: the k-NN graph has fewer neighbors where there are fewer rows. */
function nsgCaption({ data }: Experiment, { neighborGraph }: Table1Result): string {
  const K = neighborGraph?.parameters.K;
  const most = NN_DESCENT_SETTINGS[data.comparedWith].K;
  return K === undefined || K === most ? data.caption : `${data.caption}; k-NN graph of GK ${K}, not ${most}`;
}

/** What can be counted instead of timed: the same on every machine. */
export function table1Counts(results: readonly Table1Result[]): string[][] {
  const full = results[0]!;
  const nsg = full.neighborGraph !== undefined;
  return [
    [
      nsg ? 'NSG' : 'row',
      'indexing distances',
      'multiply-adds',
      '/ full',
      ...(nsg ? ['k-NN graph'] : []),
      'distances a query',
      'hops a query',
      'reachable',
      'links a point',
    ],
    ...results.map((ours) => [
      rowName(ours.method, ours.factor),
      (ours.indexingDistances / 1e6).toFixed(1).concat(' M'),
      (ours.indexingMultiplyAdds / 1e9).toFixed(1).concat(' G'),
      (ours.indexingMultiplyAdds / full.indexingMultiplyAdds).toFixed(3),
      ...(nsg ? [(ours.neighborGraph!.multiplyAdds / 1e9).toFixed(1).concat(' G')] : []),
      ours.distancesPerQuery.toFixed(0),
      ours.hopsPerQuery.toFixed(0),
      `${(100 * ours.reachableFraction).toFixed(2)} %`,
      ours.meanDegree.toFixed(2),
    ]),
  ];
}
