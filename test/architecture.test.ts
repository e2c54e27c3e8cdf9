import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a folder may import besides itself, in the direction in which data flows: each line names only folders of lines above it. */
const FOLDERS: Directions = {
  kernels: [],
  'src/workers': ['kernels'],
  'src/tensor': ['kernels', 'src/workers'],
  'src/data': ['kernels', 'src/tensor'],
  'src/autodiff': ['kernels', 'src/tensor'],
  'src/nn': ['kernels', 'src/tensor', 'src/autodiff'],
  'src/eval': ['kernels', 'src/tensor'],
  'src/compress': ['kernels', 'src/workers', 'src/tensor', 'src/autodiff', 'src/nn', 'src/eval'],
  'src/graph': ['kernels', 'src/workers', 'src/tensor'],
  'src/quantize': ['kernels', 'src/workers', 'src/tensor'],
  'src/index': ['kernels', 'src/workers', 'src/tensor', 'src/graph', 'src/quantize'],
  'src/pipeline': ['kernels', 'src/workers', 'src/tensor', 'src/compress', 'src/index'],
  'src/io': ['src/tensor'],
  'src/report': [],
};
/** On top: these may import everything below, but not each other against this order. */
const TOP = ['src/paper', 'src/cli'];
const ENTRY_POINTS = ['src/index.ts', 'src/node.ts', 'src/worker.ts'];

/** Any room of kernels that the table does not name: one of the families in kernels/families.ts. */
const FAMILY = 'a family';

/** The same for the rooms of a folder: its subfolders, files that stand for themselves, and `.`, all its other files. */
const ROOMS: Record<string, Directions> = {
  kernels: {
    'operands.ts': [],
    wasm: ['operands.ts'],
    threads: ['wasm'],
    gpu: ['operands.ts'],
    'link.ts': ['operands.ts', 'wasm', 'threads'],
    math: ['operands.ts', 'wasm'],
    [FAMILY]: ['operands.ts', 'wasm', 'threads', 'gpu', 'link.ts', 'math'],
    '.': ['operands.ts', 'wasm', 'threads', 'link.ts', FAMILY],
    resident: ['operands.ts', 'gpu', 'math', FAMILY, '.'],
  },
  'src/tensor': { '.': [], random: [], algebra: ['.'], vectors: ['.'], nearest: ['.', 'vectors'] },
  'src/compress': {
    'compressor.ts': [],
    projection: ['compressor.ts'],
    network: ['compressor.ts'],
    training: ['network'],
    catalyst: ['training', 'network'],
    vae: ['training', 'network'],
    cnt: ['training', 'network', 'projection', 'catalyst', 'vae'],
    '.': ['compressor.ts', 'projection', 'catalyst', 'vae', 'cnt'],
  },
  'src/graph': { '.': [], hnsw: ['.'], knn: ['.'], nsg: ['.', 'knn'] },
  'src/quantize': { 'k-means': [], scalar: [], product: ['k-means'], regression: ['k-means', 'product'] },
  'src/index': {
    search: [],
    codes: ['search'],
    graph: ['search', 'codes'],
    'link-and-code': ['search', 'codes', 'graph'],
    '.': ['search', 'codes', 'graph', 'link-and-code'],
  },
  'src/io': { file: [], table: ['file'], container: ['file'], '.': ['file', 'table', 'container'] },
  'src/paper': {
    '.': [],
    printed: ['.'],
    methods: ['.', 'printed'],
    experiment: ['.', 'printed', 'methods'],
    ablations: ['printed', 'methods', 'experiment'],
    tables: ['printed', 'methods', 'experiment', 'ablations'],
    claims: ['printed', 'methods', 'ablations', 'tables'],
    page: ['printed', 'methods', 'experiment', 'tables', 'claims'],
    run: ['.', 'printed', 'methods', 'experiment', 'ablations', 'tables', 'claims', 'page'],
  },
  'src/cli': {
    arguments: [],
    session: ['arguments'],
    input: ['arguments'],
    output: [],
    'long-work': ['session', 'input', 'output'],
    kinds: ['arguments', 'session', 'input', 'output', 'long-work'],
    commands: ['arguments', 'session', 'input', 'output', 'long-work', 'kinds'],
    '.': ['arguments', 'session', 'commands'],
  },
};

/** A graph holds links, never vectors: of its points it knows distances, and how threads come to them. */
const GRAPH_KNOWS_OF_VECTORS = ['src/tensor/vectors/distance-source.ts', 'src/tensor/vectors/shared-source.ts'];

/** Files of one folder that a reader still takes in at a glance. */
const MOST_FILES = 12;

/** From a folder or room to those that it may import. */
type Directions = Record<string, readonly string[]>;

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

function roomOf(file: string): string {
  const [first, ...rest] = file.slice(folderOf(file).length + 1).split('/');
  const rooms = ROOMS[folderOf(file)]!;
  if (rooms[first!]) return first!;
  if (rest.length === 0) return '.';
  return rooms[FAMILY] ? FAMILY : first!;
}

/** What these directions do not allow among `places`, with what to do about it. */
function against(directions: Directions, from: string, to: string): string | undefined {
  const allowed = directions[from];
  if (!allowed) return `give ${from} a place in the table of this test`;
  if (to === from || allowed.includes(to)) return undefined;
  return `${from} may import ${allowed.join(', ') || 'nothing else'}: move what both need below them, or hand it in as a parameter`;
}

const files = [...sources('kernels'), ...sources('src')];

test('every import goes in the direction of the data', () => {
  const wrong: string[] = [];
  for (const file of files) {
    if (ENTRY_POINTS.includes(file)) continue;
    const from = folderOf(file);
    const top = TOP.indexOf(from);
    const below = [...Object.keys(FOLDERS), ...TOP.slice(0, Math.max(0, top))];
    for (const target of imports(file)) {
      const fault = against(top < 0 ? FOLDERS : { [from]: below }, from, folderOf(target));
      if (fault || ENTRY_POINTS.includes(target)) wrong.push(`${file} imports ${target}; ${fault}`);
    }
  }
  assert.equal(wrong, []);
});

test('within a folder, rooms import each other in one direction', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    const rooms = ROOMS[folder];
    if (!rooms) continue;
    for (const target of imports(file).filter((path) => folderOf(path) === folder)) {
      const fault = against(rooms, roomOf(file), roomOf(target));
      if (fault) wrong.push(`${file} imports ${target}; ${fault}`);
    }
  }
  assert.equal(wrong, []);
});

test('the tables have one direction: no line names one below it', () => {
  const wrong = Object.entries({ src: FOLDERS, ...ROOMS }).flatMap(([folder, directions]) => {
    const names = Object.keys(directions);
    return names.flatMap((name, line) =>
      directions[name]!.filter((other) => !names.slice(0, line).includes(other)).map(
        (other) => `${folder}: ${name} -> ${other}`,
      ),
    );
  });
  assert.equal(wrong, []);
});

test('a graph knows distances, not vectors', () => {
  const wrong = sources('src/graph').flatMap((file) =>
    imports(file)
      .filter((path) => /^src\/tensor\/(matrix\.ts|vectors\/)/.test(path) && !GRAPH_KNOWS_OF_VECTORS.includes(path))
      .map((path) => `${file} imports ${path}; ask a DistanceSource, or move the file to src/index`),
  );
  assert.equal(wrong, []);
});

test('no folder holds more files than a reader takes in at a glance', () => {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  const large = [...counts].filter(([, count]) => count > MOST_FILES);
  assert.equal(
    large.map(([folder, count]) => `${folder} has ${count} files; make rooms by what a reader looks for`),
    [],
  );
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
