import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../src/data/manifold.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';

const STATUS = '/proc/self/status';
const measured = existsSync(STATUS);
if (!measured) console.log('skip: the memory of dropped indexes (no /proc here)');
const linux = measured ? test : test.skip;

/** Each shared memory reserves 10 GiB of addresses until it is collected. */
function memories(): number {
  const [, kib] = /VmSize:\s+(\d+)/.exec(readFileSync(STATUS, 'utf8'))!;
  return Number(kib) / 2 ** 20 / 10;
}

const ROUNDS = 60;
const { base, query } = generateManifold({ rows: 300, queries: 40, dim: 32, seed: 1 });
const built = await GraphIndex.build({ base, M: 4, efConstruction: 10, threads: 2 });

for (const [name, searched] of [
  ['graph', async () => built.over(base).search(query, 5, { ef: 20, threads: 2 })],
  ['flat', async () => new FlatIndex(base, 'auto', 2).search(query, 5)],
] as const) {
  linux(
    `${name} indexes that two threads searched and nobody holds give their memory back without being closed`,
    async () => {
      await searched();
      const before = memories();
      let more = 0;
      // The second thread may come up late, and collections have turns of their own.
      for (let round = 0; round < ROUNDS || (more >= ROUNDS / 2 && round < 20 * ROUNDS); round++) {
        await searched();
        await new Promise((resolve) => setTimeout(resolve, round < ROUNDS ? 0 : 5));
        more = memories() - before;
      }
      assert.ok(more < ROUNDS / 2, `${more} memories more after ${ROUNDS} rounds and more`);
    },
  );
}

test.run();
