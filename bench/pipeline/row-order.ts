/**
 * HNSW of rows that come in order: by place on a line or a path, by label, by principal component, by norm, reversed, with copies. For
 * each order and each profile the share of points that can be reached, distances a point, 10@10 at two ef, and at last seconds.
 *
 *   node --import tsx bench/pipeline/row-order.ts [FOLDER] [--limit 20000] [--profiles canonical,batch] [--set TEXT] [--seeds 1]
 *
 * Without FOLDER on generated rows. A row of an answer counts as right if it is no farther than the tenth of the exact ten, because
 * copies and lines have ties. Each graph is built with seeds 1 to --seeds: what is
 * printed is the least share that can be reached, the mean of counts and recalls, and the least processor time of building.
 */
import { trainPca } from '../../src/compress/projection/pca.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import type { HnswOptions } from '../../src/graph/hnsw/build.ts';
import { HNSW_PROFILES, type HnswProfileName } from '../../src/graph/hnsw/profile.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { kMeans } from '../../src/quantize/k-means/k-means.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { benchArguments } from '../arguments.ts';
import { loadDataset } from './loaded-dataset.ts';
import { timed } from './processor-time.ts';

/** Rows in order, queries, and parameters of graphs over them. */
interface OrderedSet {
  readonly name: string;
  readonly base: Matrix;
  readonly queries: Matrix;
  readonly graphs: readonly { readonly M: number; readonly efConstruction: number }[];
}

const WIDTHS = [20, 100];
const SMALL = { M: 16, efConstruction: 100 };
const PAPER = { M: 48, efConstruction: 512 };

const { values, operands } = benchArguments(['[FOLDER]'], {
  limit: '20000',
  profiles: 'canonical,batch',
  set: '',
  seeds: '1',
});
const profiles = values.profiles.split(',') as HnswProfileName[];
if (profiles.some((name) => !HNSW_PROFILES.includes(name))) {
  throw new Error(`row-order: expected profiles of ${HNSW_PROFILES.join(', ')}.`);
}

function rowsOf(rows: number, cols: number, value: (row: number, col: number) => number): Matrix {
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, (_, i) => value(Math.floor(i / cols), i % cols)),
  );
}

function inOrder({ cols, data }: Matrix, order: readonly number[]): Matrix {
  return rowsOf(order.length, cols, (row, col) => data[order[row]! * cols + col]!);
}

/** The rows by a number that each has, ascending. */
function sortedBy(base: Matrix, key: ArrayLike<number>): Matrix {
  return inOrder(
    base,
    Array.from({ length: base.rows }, (_, row) => row).sort((a, b) => key[a]! - key[b]! || a - b),
  );
}

function line(rows: number): Pick<OrderedSet, 'base' | 'queries'> {
  const random = new Random(1, 'row-order/line');
  return {
    base: rowsOf(rows, 1, (row) => row),
    queries: rowsOf(1000, 1, () => rows * random.uniform()),
  };
}

/** Frames of a film: each number is a sum of slow waves. */
function path(rows: number, cols: number): Pick<OrderedSet, 'base' | 'queries'> {
  const random = new Random(1, 'row-order/path');
  const waves = Array.from({ length: cols }, () =>
    Array.from({ length: 6 }, () => ({
      height: random.normal(),
      speed: 40 * random.uniform(),
      phase: 7 * random.uniform(),
    })),
  );
  const at = (time: number, col: number): number =>
    waves[col]!.reduce((sum, { height, speed, phase }) => sum + height * Math.sin(speed * time + phase), 0);
  const times = Array.from({ length: 1000 }, () => random.uniform());
  return {
    base: rowsOf(rows, cols, (row, col) => at(row / rows, col) + 0.01 * random.normal()),
    queries: rowsOf(times.length, cols, (row, col) => at(times[row]!, col) + 0.01 * random.normal()),
  };
}

/** Normal rows about centers that are themselves normal, `apart` times as far; label after label. */
function labels(rows: number, cols: number, apart: number): Pick<OrderedSet, 'base' | 'queries'> {
  const random = new Random(1, 'row-order/labels');
  const count = 20;
  const centers = Array.from({ length: count * cols }, () => apart * random.normal());
  const near = (label: number, col: number): number => centers[label * cols + col]! + random.normal();
  return {
    base: rowsOf(rows, cols, (row, col) => near(Math.floor((row * count) / rows), col)),
    queries: rowsOf(1000, cols, (row, col) => near(row % count, col)),
  };
}

/** The orders of rows of which nothing else is known. */
function orders(base: Matrix, queries: Matrix, graphs: OrderedSet['graphs']): OrderedSet[] {
  const { rows, cols, data } = base;
  const { centroids } = kMeans(base, { k: 50 });
  const label = nearest(centroids, base, 1).ids.data;
  const norms = Float64Array.from({ length: rows }, (_, row) =>
    data.subarray(row * cols, (row + 1) * cols).reduce((sum, x) => sum + x * x, 0),
  );
  const places = Array.from({ length: rows }, (_, row) => row);
  const named = (name: string, ordered: Matrix): OrderedSet => ({ name, base: ordered, queries, graphs });
  return [
    named('as it comes', base),
    named('by k-means label', sortedBy(base, label)),
    named('by principal component', sortedBy(base, trainPca(base, { dOut: 1 }).encode(base).data)),
    named('by norm', sortedBy(base, norms)),
    named(
      'by norm, reversed',
      sortedBy(
        base,
        norms.map((x) => -x),
      ),
    ),
    named(
      'each row four times',
      inOrder(
        base,
        places.flatMap((row) => (row % 4 === 0 ? [row, row, row, row] : [])),
      ),
    ),
    named(
      'half of all one row',
      sortedBy(
        inOrder(
          base,
          places.map((row) => (row % 2 === 0 ? 0 : row)),
        ),
        label,
      ),
    ),
  ];
}

function generated(): OrderedSet[] {
  const { base, query } = generateManifold({ rows: 5000, queries: 1000, dim: 32, seed: 1 });
  return [
    { name: 'line of 20,000', ...line(20000), graphs: [PAPER, SMALL] },
    { name: 'line of 3,000', ...line(3000), graphs: [{ M: 4, efConstruction: 20 }] },
    { name: 'path, 5,000 x 64', ...path(5000, 64), graphs: [{ M: 8, efConstruction: 50 }, SMALL] },
    { name: 'by label, 10 sigma', ...labels(10000, 32, 10), graphs: [{ M: 16, efConstruction: 200 }] },
    { name: 'by label, 3 sigma', ...labels(10000, 32, 3), graphs: [{ M: 16, efConstruction: 200 }] },
    ...orders(base, query, [{ M: 8, efConstruction: 50 }, SMALL]),
  ];
}

async function setsOf(folder: string | undefined): Promise<OrderedSet[]> {
  if (folder === undefined) return generated();
  const { base, queries } = await loadDataset(folder, values.limit);
  return orders(base, queries, [SMALL, PAPER]);
}

/** Of the builds with each seed: the least reachable, the mean of counts and recalls, the least seconds. */
async function measure(set: OrderedSet, options: HnswOptions): Promise<readonly string[]> {
  const { base, queries } = set;
  const farthest = nearest(base, queries, 10).distances.data;
  const builds: number[][] = [];
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const { value: index, seconds } = await timed(() => GraphIndex.build({ base, ...options, seed }));
    const numbers = [index.statistics().reachableFraction, index.buildCounts!.distances / base.rows];
    for (const ef of WIDTHS) {
      const { distances } = await index.search(queries, 10, { ef });
      const right = distances.data.filter((x, i) => x <= farthest[10 * Math.floor(i / 10) + 9]!);
      numbers.push(right.length / (10 * queries.rows));
    }
    builds.push([...numbers, seconds]);
  }
  const of = (place: number): number[] => builds.map((numbers) => numbers[place]!);
  const mean = (place: number): number => of(place).reduce((sum, x) => sum + x, 0) / builds.length;
  return [
    (100 * Math.min(...of(0))).toFixed(2),
    mean(1).toFixed(0),
    ...WIDTHS.map((_, i) => (100 * mean(2 + i)).toFixed(2)),
    Math.min(...of(2 + WIDTHS.length)).toFixed(2),
  ];
}

function print(names: readonly [set: string, graph: string, profile: string], cells: readonly string[]): void {
  const [set, graph, profile] = names;
  console.log(
    [set.padEnd(26), graph.padEnd(9), profile.padEnd(10), ...cells.map((cell) => cell.padStart(12))].join(''),
  );
}

print(['set', 'M, efc', 'profile'], ['reachable %', 'dist/point', ...WIDTHS.map((ef) => `ef ${ef} %`), 'seconds']);
for (const set of await setsOf(operands[0])) {
  if (!set.name.includes(values.set)) continue;
  for (const graph of set.graphs) {
    for (const profile of profiles) {
      print([set.name, `${graph.M}, ${graph.efConstruction}`, profile], await measure(set, { ...graph, profile }));
    }
  }
}
