/**
 * NSG of groups of points far from each other: 10@10 and distances a query for a sweep of ef, by profile.
 *
 *   node --import tsx bench/pipeline/far-groups.ts [--profiles canonical,faiss] [--ef 10,20,50,100,200,500]
 *
 * A row of an answer counts as right if it is no farther than the tenth of the exact ten.
 */
import { NSG_PROFILES, type NsgProfileName } from '../../src/graph/nsg/profile.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { benchArguments } from '../arguments.ts';

const { values } = benchArguments([], { profiles: 'canonical,faiss', ef: '10,20,50,100,200,500' });
const profiles = values.profiles.split(',') as NsgProfileName[];
if (profiles.some((name) => !NSG_PROFILES.includes(name))) {
  throw new Error(`far-groups: expected profiles of ${NSG_PROFILES.join(', ')}.`);
}
const widths = values.ef.split(',').map(Number);

/** Groups, and how far apart each number of their centers is, in standard deviations of a group. */
const SETS = [
  { groups: 30, sigma: 10, rows: 9000, cols: 24 },
  { groups: 10, sigma: 10, rows: 5000, cols: 24 },
  { groups: 40, sigma: 2, rows: 20000, cols: 64 },
];

for (const { groups, sigma, rows, cols } of SETS) {
  const random = new Random(1, 'far-groups');
  const centers = Float64Array.from({ length: groups * cols }, () => sigma * random.normal());
  const near = (row: number, col: number): number => centers[(row % groups) * cols + col]! + random.normal();
  const drawn = (count: number): Matrix =>
    createMatrix(
      count,
      cols,
      Float32Array.from({ length: count * cols }, (_, i) => near(Math.floor(i / cols), i % cols)),
    );
  const base = drawn(rows);
  const queries = drawn(300);
  const farthest = nearest(base, queries, 10).distances.data;
  console.log(`\n${groups} groups ${sigma} sigma apart, ${rows} x ${cols}`);
  console.log(['profile'.padEnd(12), ...widths.map((ef) => `ef ${ef}`.padStart(14))].join(''));
  for (const profile of profiles) {
    const index = await NsgIndex.build({ base, profile });
    const cells: string[] = [];
    for (const ef of widths) {
      const { distances, counts } = await index.search(queries, 10, { ef });
      const right = distances.data.filter((x, i) => x <= farthest[10 * Math.floor(i / 10) + 9]!).length;
      const share = (right / distances.data.length).toFixed(3);
      cells.push(`${share} ${(counts.distances / queries.rows).toFixed(0).padStart(5)}`.padStart(14));
    }
    console.log([profile.padEnd(12), ...cells].join(''));
  }
}
