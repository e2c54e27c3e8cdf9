import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each folder may import itself and the folders named here; the order is the direction in which data flows. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernels: [],
  'src/workers': ['kernels'],
  'src/tensor': ['kernels', 'src/workers'],
  'src/data': ['kernels', 'src/tensor'],
  'src/autodiff': ['kernels', 'src/tensor'],
  'src/nn': ['kernels', 'src/tensor', 'src/autodiff'],
  'src/compress': ['kernels', 'src/workers', 'src/tensor', 'src/autodiff', 'src/nn', 'src/eval'],
  'src/graph': ['kernels', 'src/workers', 'src/tensor'],
  'src/quantize': ['kernels', 'src/workers', 'src/tensor'],
  'src/index': ['kernels', 'src/workers', 'src/tensor', 'src/graph', 'src/quantize'],
  'src/eval': ['kernels', 'src/tensor'],
  'src/io': ['src/tensor'],
  'src/report': [],
};
/** On top: these may import everything below, but not each other against this order. */
const TOP = ['src/paper', 'src/cli'];
const ENTRY_POINTS = ['src/index.ts', 'src/node.ts', 'src/worker.ts'];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')));
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1]!);
  return found.map((path) => relative(root, join(root, dirname(file), path)).replaceAll('\\', '/'));
}

function folderOf(file: string): string {
  const parts = file.split('/');
  return parts[0] === 'src' ? (parts.length > 2 ? `src/${parts[1]}` : file) : parts[0]!;
}

const files = [...sources('kernels'), ...sources('src')];

test('every import goes in the direction of the data', () => {
  const wrong: string[] = [];
  for (const file of files) {
    if (ENTRY_POINTS.includes(file)) continue;
    const from = folderOf(file);
    const top = TOP.indexOf(from);
    assert.ok(top >= 0 || MAY_IMPORT[from], `${file}: folder ${from} has no place in the architecture`);
    for (const target of imports(file)) {
      const to = folderOf(target);
      if (to === from) continue;
      const allowed = top >= 0 ? MAY_IMPORT[to] !== undefined || TOP.indexOf(to) < top : MAY_IMPORT[from]!.includes(to);
      if (!allowed || ENTRY_POINTS.includes(target)) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.equal(wrong, []);
});

test('no import cycle', () => {
  const edges = new Map(files.map((file) => [file, imports(file)]));
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    assert.is.not(state.get(file), 'open', [...path, file].join(' -> '));
    state.set(file, 'open');
    for (const target of edges.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
});

test('computation never reads the clock, Math.random, or functions that engines round differently', () => {
  const wrong: string[] = [];
  for (const file of files) {
    // What a GPU computes has a bound instead of bits: no digest rests on it.
    if (TOP.includes(folderOf(file)) || file.endsWith('/gpu.ts')) continue;
    const code = readFileSync(join(root, file), 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '');
    for (const match of code.matchAll(
      /Math\.(random|exp|log|log2|log10|log1p|expm1|pow|tanh|sin|cos|tan|cbrt|hypot|a?sinh|a?cosh|atanh|asin|acos|atan2?)\b|\bDate\b|performance\.now|hrtime/g,
    )) {
      wrong.push(`${file}: ${match[0]}`);
    }
  }
  assert.equal(wrong, []);
});

test('the entry point for browsers reaches no module of Node', () => {
  const reached = new Set(['src/index.ts']);
  for (const file of reached) for (const target of imports(file)) reached.add(target);
  assert.ok(reached.size > 50);
  const wrong = [...reached].filter((file) => /from 'node:/.test(readFileSync(join(root, file), 'utf8')));
  assert.equal(wrong, []);
});

test('every test file ends by running its suites', () => {
  for (const file of sources('test').filter((name) => name.endsWith('.test.ts'))) {
    const last = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').at(-1);
    assert.match(last ?? '', /\.run\(\);$/, `${file} does not end with .run();`);
  }
});

test.run();
