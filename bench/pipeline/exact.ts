/**
 * Exact nearest neighbors: seconds, queries a second and the work done, on the real sets beside the repository, or on generated
 * vectors where they are absent. A result that differs from the truth file in more than 1 id of 10,000 ends it.
 *
 *   node --import tsx bench/pipeline/exact.ts [rows] [queries]
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { generateManifold } from '../../src/data/manifold.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import { readIds } from '../../src/io/ids.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';

interface Case {
  readonly name: string;
  readonly base: Matrix;
  readonly query: Matrix;
  /** Ids of the true neighbors, where a file tells them. */
  readonly truth?: { rows: number; cols: number; data: Int32Array };
}

const k = 100;
const rows = Number(process.argv[2] ?? 50_000);
const queries = Number(process.argv[3] ?? 1000);

async function realCase(set: 'deep' | 'gist'): Promise<Case | undefined> {
  const folder = fileURLToPath(new URL(`../../../shared/data/${set}-like/`, import.meta.url));
  if (!existsSync(folder)) return undefined;
  const base = await readVectors(`${folder}${set}_base.fvecs`, { limit: rows });
  const query = await readVectors(`${folder}${set}_query.fvecs`, { limit: queries });
  const truthPath = `${folder}${set}_groundtruth_${base.rows / 1000}k.ivecs`;
  const name = `${set}-like`;
  if (!existsSync(truthPath)) return { name, base, query };
  return { name, base, query, truth: await readIds(truthPath, { limit: query.rows }) };
}

function report({ name, base, query, truth }: Case, backend: 'auto' | 'reference'): void {
  const asked = backend === 'reference' ? firstRows(query, Math.min(query.rows, 10)) : query;
  const started = process.hrtime.bigint();
  const found = nearest(base, asked, k, { backend });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { multiplyAdds, distances } = found.counts;
  const share =
    truth &&
    intersectionAt(found.ids, { ...truth, rows: asked.rows, data: truth.data.subarray(0, asked.rows * truth.cols) }, k);
  if (share !== undefined && share < 0.9999) throw new Error(`${name}: expected 100@100 of 0.9999, got ${share}.`);
  console.log(
    [
      `${name} ${base.rows} x ${base.cols}, ${asked.rows} queries, k = ${k}, ${backend}`,
      `${seconds.toFixed(2)} s`,
      `${(asked.rows / seconds).toFixed(1)} queries/s`,
      `${distances} distances`,
      `${(multiplyAdds / 1e9).toFixed(2)} G multiply-adds`,
      `${(multiplyAdds / seconds / 1e9).toFixed(2)} G/s`,
      share === undefined ? 'no truth file' : `100@100 ${(100 * share).toFixed(3)} %`,
    ].join(' | '),
  );
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, one thread`);
const real = [await realCase('deep'), await realCase('gist')].filter((one) => one !== undefined);
if (real.length === 0) console.log('skip: ../shared/data is absent; generated vectors instead');
const generated = generateManifold({ rows: Math.min(rows, 20_000), queries, dim: 128, seed: 1 });
for (const one of [...real, { name: 'generated', ...generated }]) {
  report(one, 'auto');
  report(one, 'reference');
}
