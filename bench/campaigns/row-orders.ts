/** Rows in every order that files have: whatever comes first, all points must be found. */
import { GraphIndex, graphStatistics, type Matrix, NsgIndex, nearest } from '../../src/index.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { right, type Try, type Verdict } from './tally.ts';

interface DataSet {
  readonly base: Matrix;
  readonly queries: Matrix;
}

function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, cols: rows[0]!.length, data: Float32Array.from(rows.flat()) };
}

const normals = (random: Random, count: number) => Array.from({ length: count }, () => random.normal());

/** Base and queries are drawn alike, and only the base is put in order. */
function dataSet(
  draw: (i: number) => number[],
  rows: number,
  queries: number,
  order: (rows: number[][]) => number[][],
): DataSet {
  const all = Array.from({ length: rows + queries }, (_, i) => draw(i));
  const asked = all.filter((_, i) => i % Math.floor(all.length / queries) === 0).slice(0, queries);
  const kept = all.filter((row) => !asked.includes(row)).slice(0, rows);
  return { base: matrixOf(order(kept)), queries: matrixOf(asked) };
}

const asDrawn = (rows: number[][]) => rows;
const by = (key: (row: readonly number[]) => number) => (rows: number[][]) => rows.toSorted((a, b) => key(a) - key(b));
const norm = (row: readonly number[]) => row.reduce((sum, value) => sum + value * value, 0);

function dataSets(seed: string): Record<string, DataSet> {
  const random = new Random(seed, 'orders');
  const line = (i: number) => [i];
  const at = new Array<number>(32).fill(0);
  const path = () => normals(random, 32).map((step, c) => (at[c]! += 0.1 * step));
  const classes = (count: number, sigma: number, dim: number) => {
    const centers = Array.from({ length: count }, () => normals(random, dim).map((value) => sigma * value));
    return (i: number) => normals(random, dim).map((value, c) => value + centers[Math.floor(i / 200) % count]![c]!);
  };
  const stretched = () => normals(random, 24).map((value, c) => value / (1 + c));
  const copies = Array.from({ length: 400 }, () => normals(random, 16));
  return {
    'a line, ascending': dataSet(line, 4000, 50, asDrawn),
    'a line, descending': dataSet(line, 4000, 50, (rows) => rows.toReversed()),
    'a smooth path': dataSet(path, 3000, 50, asDrawn),
    'by class, 10 sigma apart': dataSet(classes(15, 10, 24), 3000, 60, asDrawn),
    'by class, 3 sigma apart': dataSet(classes(15, 3, 24), 3000, 60, asDrawn),
    'by first principal component': dataSet(
      stretched,
      3000,
      50,
      by((row) => row[0]!),
    ),
    'by norm': dataSet(stretched, 3000, 50, by(norm)),
    'by norm, reversed': dataSet(
      stretched,
      3000,
      50,
      by((row) => -norm(row)),
    ),
    'copies, one after the other': dataSet((i) => copies[Math.floor(i / 8) % 400]!.slice(), 3000, 50, asDrawn),
  };
}

/** Share of the true distances that the first ten have, ties included. */
function recall(found: Awaited<ReturnType<GraphIndex['search']>>, truth: ReturnType<typeof nearest>): number {
  let hits = 0;
  for (let q = 0; q < truth.ids.rows; q++) {
    const farthest = truth.distances.data[10 * q + 9]! * (1 + 1e-6);
    for (let i = 0; i < 10; i++) {
      const { ids, distances } = found;
      if (ids.data[10 * q + i]! >= 0 && distances.data[10 * q + i]! <= farthest) hits++;
    }
  }
  return hits / (10 * truth.ids.rows);
}

export async function* rowOrders(seed: string, _count: number): AsyncGenerator<Try> {
  for (const [order, { base, queries }] of Object.entries(dataSets(seed))) {
    const truth = nearest(base, queries, 10);
    for (const [M, efConstruction] of [
      [16, 100],
      [8, 50],
    ] as const) {
      yield {
        kind: 'order of rows, hnsw',
        what: `${order}, batch with M = ${M} against canonical`,
        async run(): Promise<Verdict> {
          const measure = async (profile: 'canonical' | 'batch') => {
            const index = await GraphIndex.build({ base, M, efConstruction, profile });
            const found = await index.search(queries, 10, { ef: 50 });
            return { reached: graphStatistics(index.graph).reachableFraction, recall: recall(found, truth) };
          };
          const canonical = await measure('canonical');
          const batch = await measure('batch');
          const detail = `reached ${batch.reached.toFixed(4)}, 10@10 ${batch.recall.toFixed(3)}; canonical ${canonical.reached.toFixed(4)}, ${canonical.recall.toFixed(3)}`;
          const sound = batch.reached >= canonical.reached - 0.001 && batch.recall >= canonical.recall - 0.005;
          return sound ? right : { ending: 'silent', detail };
        },
      };
    }
    yield {
      kind: 'order of rows, nsg',
      what: order,
      async run(): Promise<Verdict> {
        const index = await NsgIndex.build({ base, R: 30, L: 60, C: 200, neighborGraph: { method: 'exact', K: 60 } });
        const found = recall(await index.search(queries, 10, { ef: 100 }), truth);
        return found >= 0.95 ? right : { ending: 'silent', detail: `10@10 ${found.toFixed(3)} at ef 100` };
      },
    };
  }
}
