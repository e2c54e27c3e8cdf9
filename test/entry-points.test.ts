import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as node from '../src/node.ts';
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

test('a model trained through the entry point is written, read and used', () => {
  const { base, query } = node.generateManifold({ rows: 200, queries: 5, dim: 16, seed: 1 });
  const compressor = node.trainPca(base, { dOut: 4 });
  const loaded = node.loadCompressor(node.decodeSafetensors(node.encodeSafetensors(compressor.toNamedArrays())));
  const found = node.nearest(loaded.encode(base), loaded.encode(query), 10);
  assert.is(found.ids.data.length, 50);
  assertSame(loaded.encode(query).data, compressor.encode(query).data);
});

test.run();
