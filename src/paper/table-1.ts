import { intersectionAt, recallAt } from '../eval/recall.ts';
import { graphArrays } from '../graph/graph-arrays.ts';
import { digestArrays, digestIds } from '../io/digest.ts';
import { type Cell, measuredCell, ratioCell, recallCell } from './cell.ts';
import type { Experiment, Method } from './experiment.ts';
import { EF_SEARCH, HNSW_SETTINGS, TABLE_1_HNSW } from './settings.ts';

/** One row of Table 1 as measured here. */
export interface Table1Result {
  readonly method: Method | 'none';
  readonly factor: number;
  readonly indexingSeconds: number;
  readonly indexingDistances: number;
  readonly indexingMultiplyAdds: number;
  readonly compressingSeconds: number;
  /** Mean, least and most over the repetitions. */
  readonly queriesPerSecond: readonly [mean: number, least: number, most: number];
  readonly distancesPerQuery: number;
  readonly hopsPerQuery: number;
  /** Percent. */
  readonly recall1at1: number;
  readonly recall1at10: number;
  readonly recall100at100: number;
  readonly reachableFraction: number;
  readonly modelDigest: string;
  readonly graphDigest: string;
  readonly resultDigest: string;
}

/**
 * Builds HNSW on full and on compressed vectors and searches each graph over the full ones.
 *
 * Source: the paper, Table 1, HNSW columns. Departs: one thread builds; searches repeat in one process instead of 20 cold ones.
 *
 * @param factors of compression, besides 1
 */
export async function measureTable1(
  experiment: Experiment,
  factors: readonly number[],
  repetitions: number,
): Promise<Table1Result[]> {
  const rows: Table1Result[] = [await measureRow(experiment, undefined, 1, repetitions)];
  for (const method of ['CNT', 'PCA'] as const) {
    for (const factor of factors) rows.push(await measureRow(experiment, method, factor, repetitions));
  }
  return rows;
}

function measureRow(
  experiment: Experiment,
  method: Method | undefined,
  factor: number,
  repetitions: number,
): Promise<Table1Result> {
  const key = experiment.key({ step: 'table 1', method: method ?? 'none', factor, repetitions });
  return experiment.store.result(key, async () => {
    const { data, around } = experiment;
    const { modelDigest, seconds: compressingSeconds } = await experiment.compressed(method, factor);
    const { index: built, ...indexing } = await experiment.graph(method, factor);
    const index = method === undefined ? built : built.over(data.base);
    const ef = EF_SEARCH[data.paper];
    const speeds: number[] = [];
    let found = index.search(data.query, HNSW_SETTINGS.k, { ef });
    for (let i = 0; i < repetitions; i++) {
      await experiment.pause();
      const begin = around.now();
      found = index.search(data.query, HNSW_SETTINGS.k, { ef });
      speeds.push(data.query.rows / (around.now() - begin));
    }
    const result = { rows: data.query.rows, cols: HNSW_SETTINGS.k, data: found.ids };
    const truth = { rows: data.query.rows, cols: HNSW_SETTINGS.k, data: data.truth };
    return {
      method: method ?? 'none',
      factor,
      indexingSeconds: indexing.seconds,
      indexingDistances: indexing.distances,
      indexingMultiplyAdds: indexing.multiplyAdds,
      compressingSeconds,
      queriesPerSecond: [speeds.reduce((a, b) => a + b) / speeds.length, Math.min(...speeds), Math.max(...speeds)],
      distancesPerQuery: found.counts.distances / data.query.rows,
      hopsPerQuery: found.counts.hops / data.query.rows,
      recall1at1: 100 * recallAt(result, truth, 1),
      recall1at10: 100 * recallAt(result, truth, 10),
      recall100at100: 100 * intersectionAt(result, truth, 100),
      reachableFraction: index.statistics().reachableFraction,
      modelDigest,
      graphDigest: digestArrays({ kind: 'graph', ...graphArrays(index.graph) }),
      resultDigest: digestIds(result),
    } as const;
  });
}

/** The rows beside the paper's. */
export function table1Cells(experiment: Experiment, results: readonly Table1Result[]): Cell[] {
  const { paper, difference } = experiment.data;
  const full = results[0]!;
  const printedFull = TABLE_1_HNSW[paper][0]!;
  return results.flatMap((ours) => {
    const printed = TABLE_1_HNSW[paper].find((row) => ours.method !== 'PCA' && row.factor === ours.factor);
    const row = ours.method === 'none' ? 'full vectors' : `${ours.method} ${ours.factor}x`;
    const machine = `this machine, one thread; ${difference}`;
    const cells = [
      measuredCell(row, 'indexing s', printed?.indexingSeconds, ours.indexingSeconds, 1, machine),
      measuredCell(row, 'search q/s', printed?.queriesPerSecond, ours.queriesPerSecond[0], 0, machine),
      recallCell(row, '1@1', printed?.recall1at1, ours.recall1at1, difference),
      recallCell(row, '1@10', printed?.recall1at10, ours.recall1at10, difference),
      recallCell(row, '100@100', printed?.recall100at100, ours.recall100at100, difference, 2),
    ];
    if (ours === full) return cells;
    const share = printed && printed.indexingSeconds / printedFull.indexingSeconds;
    const gain = printed && printed.recall100at100 - printedFull.recall100at100;
    return [
      ...cells,
      ratioCell(row, 'indexing / full', share, ours.indexingSeconds / full.indexingSeconds, machine),
      recallCell(row, '100@100 - full', gain, ours.recall100at100 - full.recall100at100, difference, 2),
      measuredCell(row, 'compressing s', printed?.compressingSeconds, ours.compressingSeconds, 2, machine),
    ];
  });
}

/** What can be counted instead of timed: the same on every machine. */
export function table1Counts(results: readonly Table1Result[]): string[][] {
  const full = results[0]!;
  return [
    ['row', 'indexing distances', 'multiply-adds', '/ full', 'distances a query', 'hops a query', 'reachable'],
    ...results.map((ours) => [
      ours.method === 'none' ? 'full vectors' : `${ours.method} ${ours.factor}x`,
      (ours.indexingDistances / 1e6).toFixed(1).concat(' M'),
      (ours.indexingMultiplyAdds / 1e9).toFixed(1).concat(' G'),
      (ours.indexingMultiplyAdds / full.indexingMultiplyAdds).toFixed(3),
      ours.distancesPerQuery.toFixed(0),
      ours.hopsPerQuery.toFixed(0),
      `${(100 * ours.reachableFraction).toFixed(2)} %`,
    ]),
  ];
}
