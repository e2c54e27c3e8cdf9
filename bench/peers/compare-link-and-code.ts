/**
 * Shows that Link & Code in its `faiss` profile is what faiss makes of the same codebooks and weights: product codes, links, weight
 * codes, rebuilt vectors, and results with none and all of them sorted anew.
 *
 *   node --import tsx bench/peers/compare-link-and-code.ts BASE.fvecs QUERY.fvecs [--limit 5000] [--queries 200] [--m 16] [--ef 200]
 *
 * Our codebooks and weights are given to faiss: its own are learned elsewhere (weights in a script that is not part of it). Sums lie
 * in another order there, so near ties may fall the other way; shares of equal parts are printed. Exit 1 if less than 99 % are equal.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { benchArguments } from '../arguments.ts';

const K = 100;
const LEAST = 0.99;

const { values, operands } = benchArguments(['BASE.fvecs', 'QUERY.fvecs'], {
  limit: '5000',
  queries: '200',
  m: '16',
  ef: '200',
});
const [basePath, queryPath] = operands;
const base = await readVectors(basePath, { limit: Number(values.limit) });
const queries = await readVectors(queryPath, { limit: Number(values.queries) });
const [m, ef] = [Number(values.m), Number(values.ef)];
const graph = { M: 32, baseLinks: 6, efConstruction: 200 };
const index = await LinkAndCodeIndex.build({ ...graph, base, m, opq: false, profile: 'faiss', regressionRounds: 4 });
const ours = index.toArchive().arrays;
const { nsq, words } = index.regression;

const folder = mkdtempSync(join(tmpdir(), 'link-and-code-'));
const at = (name: string): string => join(folder, name);
const put = (name: string, { buffer, byteOffset, byteLength }: ArrayBufferView): void =>
  writeFileSync(at(name), new Uint8Array(buffer, byteOffset, byteLength));
let failed = false;

/** Prints the share of places at which both are the same, in groups of `width`: a group counts where all of it is equal. */
function compare(title: string, mine: ArrayLike<number>, theirs: ArrayLike<number>, width: number): void {
  if (mine.length !== theirs.length)
    throw new Error(`${title}: expected ${mine.length} numbers, got ${theirs.length}.`);
  let equal = 0;
  for (let i = 0; i < mine.length; i += width) {
    let same = true;
    for (let j = i; j < i + width; j++) if (mine[j] !== theirs[j]) same = false;
    if (same) equal++;
  }
  const groups = mine.length / width;
  if (equal < LEAST * groups) failed = true;
  console.log(`${title.padEnd(44)} ${equal} of ${groups} equal`);
}

/** Prints the share of groups in which all numbers are within 1e-4 of the root mean square of all. */
function compareClose(title: string, mine: Float32Array, theirs: Float32Array, width: number): void {
  const square = mine.reduce((sum, value) => sum + value * value, 0) / mine.length;
  const close = mine.map((value, i) => (Math.abs(value - theirs[i]!) < 1e-4 * Math.sqrt(square) ? 1 : 0));
  compare(title, close, close.slice().fill(1), width);
}

/** Prints the share of our results that faiss returned for the same query with the same distance, within 1e-4 of it. */
function compareResults(title: string, found: SearchResult, ids: Int32Array, distances: Float32Array): void {
  const same = new Uint8Array(found.ids.data.length);
  for (let i = 0; i < same.length; i++) {
    const begin = i - (i % K);
    const place = begin + ids.subarray(begin, begin + K).indexOf(found.ids.data[i]!);
    if (place >= begin && Math.abs(distances[place]! - found.distances.data[i]!) < 1e-4 * distances[place]!)
      same[i] = 1;
  }
  compare(title, same, same.slice().fill(1), 1);
}

try {
  const settings = { ...graph, dim: base.cols, m, nsq, words, ef, k: K };
  writeFileSync(at('settings.json'), JSON.stringify(settings));
  put('base.f32', base.data);
  put('query.f32', queries.data);
  put('codebooks.f32', ours.get('codebooks')!.data);
  put('weights.f32', ours.get('weights')!.data);
  const script = fileURLToPath(new URL('library-link-and-code.py', import.meta.url));
  const run = spawnSync('/usr/bin/python3', [script, folder], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(at(`found.${name}.u8`)));
  const ints = (name: string): Int32Array =>
    new Int32Array(new Uint8Array(readFileSync(at(`found.${name}.i32`))).buffer);
  const floats = (name: string): Float32Array =>
    new Float32Array(new Uint8Array(readFileSync(at(`found.${name}.f32`))).buffer);
  console.log(`faiss ${run.stdout.trim()}`);
  console.log(`${base.rows} x ${base.cols}, m ${m}, nsq ${nsq}, ${words} words, ef ${ef}`);
  compare('product codes', ours.get('codes')!.data, bytes('codes'), m);
  compare('lists of level 0, in order', ours.get('links')!.data, ints('links'), graph.baseLinks);
  compare('weight codes', ours.get('weightCodes')!.data, bytes('weights'), nsq);
  const all = Array.from({ length: base.rows }, (_, row) => row);
  compareClose('rebuilt vectors, within 1e-4', index.reconstruct(all).data, floats('rebuilt'), base.cols);
  for (const [reorder, theirs] of [
    [0, 0],
    [K, -1],
  ] as const) {
    const found = await index.search(queries, K, { ef, reorder });
    const theirIds = ints(`ids${theirs}`);
    const theirDistances = floats(`distances${theirs}`);
    compareResults(`results, reorder ${reorder}, within 1e-4`, found, theirIds, theirDistances);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
