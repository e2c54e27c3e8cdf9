import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as node from '../src/node.ts';
import { rejects } from './support/rejects.ts';
import { assertSame } from './support/same.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Everything that is imported for its values from a file on, by path from the root, and the packages beside. */
function reachable(entry: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [statement, path = ''] of text.matchAll(/^(?:import|export)\b[^;'=(]*\bfrom '([^']+)'/gm)) {
      if (/^(?:import|export) type\b/.test(statement)) continue;
      if (path.startsWith('.')) files.add(relative(root, join(root, dirname(file), path)).replaceAll('\\', '/'));
      else packages.add(path);
    }
  }
  return { files, packages };
}

test('the main entry point needs nothing of Node, so that browsers can run it', () => {
  const { files, packages } = reachable('src/index.ts');
  assert.ok(files.size > 40, `only ${files.size} files found`);
  assert.equal([...packages], ['seedrandom']);
});

test('neither entry point loads the command line or the experiments', () => {
  for (const file of reachable('src/node.ts').files) assert.not.match(file, /^src\/(cli|paper|report)\//);
});

/**
 * Loads a module and all that it imports as CommonJS, where `import.meta` is an empty object: as bundlers give it in a bundle that is
 * no ES module.
 */
function loadAsCommonJs(file: string, loaded = new Map<string, object>()): object {
  const before = loaded.get(file);
  if (before) return before;
  const module = { exports: {} };
  loaded.set(file, module.exports);
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
  });
  const require = (path: string): unknown =>
    path.startsWith('.') ? loadAsCommonJs(join(dirname(file), path), loaded) : createRequire(file)(path);
  const run = new Function('module', 'exports', 'require', outputText.replaceAll('import.meta', '({})'));
  run(module, module.exports, require);
  return module.exports;
}

test('the main entry point works in a CommonJS or IIFE bundle, by one thread', async () => {
  const bundled = loadAsCommonJs(join(root, 'src/index.ts')) as typeof node;
  const { base, query } = bundled.generateManifold({ rows: 100, queries: 2, dim: 8, seed: 1 });
  const options = { base, M: 4, efConstruction: 20, profile: 'batch' } as const;
  const index = await bundled.GraphIndex.build(options);
  const { ids } = await index.search(query, 3, { ef: 20 });
  assert.is(ids.data.length, 6);
  const expected = /^threads: expected an ES module, .*, got a bundle that is none; .* take one thread\.$/;
  assert.throws(() => bundled.createKernels({ bytes: 64, threads: 2 }), expected);
  await rejects(() => bundled.GraphIndex.build({ ...options, threads: 2 }), 'got a bundle that is none');
});

test('a model trained through the entry point is written, read and used', () => {
  const { base, query } = node.generateManifold({ rows: 200, queries: 5, dim: 16, seed: 1 });
  const compressor = node.trainPca(base, { dOut: 4 });
  const loaded = node.loadCompressor(node.decodeSafetensors(node.encodeSafetensors(compressor.toNamedArrays())));
  const found = node.nearest(loaded.encode(base), loaded.encode(query), 10);
  assert.is(found.ids.data.length, 50);
  assertSame(loaded.encode(query).data, compressor.encode(query).data);
});

test.run();
