/**
 * The largest memory of every command, as `--json` reports it, at two sizes of the base: the difference is what a vector takes, the rest
 * is the program itself.
 *
 *     node --import tsx bench/pipeline/memory.ts [--rows 20000] [--dim 256] [--only build,search] [--kinds flat,hnsw] [--threads 1]
 *
 * Compared are `rows` and twice as many; memory does not depend on how well a graph is built, so efConstruction is small.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textTable } from '../../src/report/table.ts';
import { benchArguments } from '../arguments.ts';

const { values } = benchArguments([], {
  rows: '20000',
  dim: '256',
  only: '',
  kinds: 'flat,hnsw,nsg,pq,ivfpq,sq8,hnsw-sq8,lc',
  threads: '1',
});
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const MAIN = fileURLToPath(new URL(`../../src/cli/main.${extension}`, import.meta.url));
const dim = Number(values.dim);
const folder = mkdtempSync(join(tmpdir(), 'cnt-memory-'));

/** Kinds of index with the options that decide their memory. */
const INDEXES: Readonly<Record<string, readonly string[]>> = {
  flat: [],
  'hnsw, M = 16': ['--M', '16', '--ef-construction', '16'],
  'hnsw, M = 48': ['--M', '48', '--ef-construction', '48'],
  nsg: ['--R', '60', '--L', '70', '--C', '500'],
  pq: ['--bytes', '32'],
  ivfpq: ['--bytes', '32', '--nlist', '8'],
  sq8: [],
  'hnsw-sq8, M = 16': ['--M', '16', '--ef-construction', '16'],
  'lc, M = 16': ['--M', '16', '--ef-construction', '16', '--bytes', '32'],
};
const kindOf = (name: string): string => name.split(',')[0]!;

interface Measured {
  readonly name: string;
  /** Of the smaller and the larger base. */
  readonly peaks: readonly number[];
  /** Of the file written for the larger one. */
  readonly fileBytes: number | undefined;
}

const measured: Measured[] = [];

/** @param argv for each of the two sizes, by the names of their files */
function measure(name: string, argv: (at: (file: string) => string, rows: number) => readonly string[]): void {
  const [command] = argv(String, 0);
  const skipped = values.only !== '' && !values.only.split(',').includes(command!);
  if (skipped && command !== 'generate' && !(command === 'build' && values.only.includes('search'))) return;
  const peaks: number[] = [];
  let fileBytes: number | undefined;
  for (const factor of [1, 2]) {
    const rows = factor * Number(values.rows);
    const words = argv((file) => join(folder, `${factor}-${file}`), rows);
    const args = [...process.execArgv, MAIN, ...words, '--json', '--quiet', '--threads', values.threads];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cnt ${words.join(' ')}: ${stderr}`);
    peaks.push((JSON.parse(stdout) as { peakMemoryBytes: number }).peakMemoryBytes);
    const out = words[words.indexOf('--out') + 1];
    fileBytes = words.includes('--out') && command !== 'generate' ? statSync(out!).size : undefined;
  }
  measured.push({ name, peaks, fileBytes });
  console.error(`${name}: ${peaks.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(' and ')} MiB`);
}

try {
  measure('generate', (at, n) => [
    'generate',
    '--n',
    `${n}`,
    '--queries',
    '100',
    '--dim',
    values.dim,
    '--out',
    at('data'),
  ]);
  const base = (at: (file: string) => string) => at('data/base.fvecs');
  const query = (at: (file: string) => string) => at('data/query.fvecs');
  measure('truth', (at) => ['truth', '--base', base(at), '--query', query(at), '--k', '10', '--out', at('t.ivecs')]);
  measure('inspect vectors', (at) => ['inspect', base(at)]);
  measure('train cnt', (at) => ['train', '--base', base(at), '--samples', '2560', '--out', at('m.safetensors')]);
  measure('train pca', (at) => ['train', '--base', base(at), '--method', 'pca', '--out', at('pca.safetensors')]);
  measure('compress', (at) => ['compress', '--model', at('m.safetensors'), '--in', base(at), '--out', at('c.fvecs')]);
  for (const [name, options] of Object.entries(INDEXES)) {
    if (!values.kinds.split(',').includes(kindOf(name))) continue;
    const index = `index-${name.replaceAll(/[ ,=]+/g, '-')}`;
    const build = ['--index', kindOf(name), ...options];
    measure(`build ${name}`, (at) => ['build', '--base', base(at), '--out', at(index), ...build]);
    measure(`search ${name}`, (at) => {
      return ['search', '--index', at(index), '--query', query(at), '--k', '10', '--out', at('r.ivecs')];
    });
  }
  if (values.kinds.split(',').includes('hnsw'))
    measure('inspect hnsw, M = 16', (at) => ['inspect', at('index-hnsw-M-16')]);
} finally {
  rmSync(folder, { recursive: true });
}

const rows = Number(values.rows);
const table = measured.map(({ name, peaks, fileBytes }) => {
  const each = (peaks[1]! - peaks[0]!) / rows;
  const own = name.startsWith('build') && fileBytes !== undefined ? (fileBytes / (2 * rows)).toFixed(0) : '';
  return [name, (peaks[1]! / 2 ** 20).toFixed(0), each.toFixed(0), (each / (4 * dim)).toFixed(2), own];
});
console.log(`Node ${process.version}, ${rows} and ${2 * rows} vectors of ${dim} float32: ${4 * dim} bytes each\n`);
const head = ['command', `peak MiB at ${2 * rows}`, 'bytes a vector', 'times the vector', 'of them in the file'];
console.log(textTable([head, ...table]));
