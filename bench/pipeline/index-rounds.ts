/**
 * Whether indexes give their memory back: makes one, searches it by threads and drops it, round after round, and prints what the process holds. After the
 * first rounds it should hold no more.
 */
import { readFileSync } from 'node:fs';
import { generateManifold } from '../../src/data/manifold.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { INDEX_KINDS } from '../../src/index/kinds.ts';
import { benchArguments } from '../arguments.ts';

const { values, operands } = benchArguments(['flat|hnsw|over', 'rounds'], {
  rows: '40000',
  threads: '2',
  close: false,
});
const [kind, rounds] = [operands[0], Number(operands[1])];
const [rows, threads] = [Number(values.rows), Number(values.threads)];
const { base, query } = generateManifold({ rows, queries: 64, dim: 128, seed: 1 });
const options = { base, M: 4, efConstruction: 10, profile: 'batch', threads } as const;
const first = kind === 'flat' ? new FlatIndex(base, 'auto', threads) : await GraphIndex.build(options);
const archive = first.toArchive();

function made(): FlatIndex | GraphIndex {
  if (kind === 'over') return (first as GraphIndex).over(base);
  return INDEX_KINDS[kind as 'flat' | 'hnsw'].load(archive, 'auto', threads);
}

/** MiB resident, and GiB of addresses. */
function held(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
  return `${Math.round(kib('VmRSS') / 2 ** 10)} MiB resident, ${Math.round(kib('VmSize') / 2 ** 20)} GiB of addresses`;
}

for (let round = 0; round <= rounds; round++) {
  const index = made();
  const found =
    index instanceof FlatIndex ? await index.search(query, 5) : await index.search(query, 5, { ef: 20, threads });
  await new Promise(setImmediate); // a service comes to its event loop
  if (values.close) index.close();
  if (found.ids.data.length !== 320) throw new Error('no answers');
  if (round % Math.max(1, Math.floor(rounds / 10)) === 0) console.log(`round ${round}: ${held()}`);
}
