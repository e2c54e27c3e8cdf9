import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TemporaryFolder } from './support/temporary-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

function packed(folder: string, ...options: string[]): string[] {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', ...options], { cwd: folder, encoding: 'utf8' });
  const [one] = JSON.parse(output.slice(output.indexOf('['))) as Packed[];
  return one!.files.map(({ path }) => path);
}

test('every entry point and the program are compiled from a source that is packed', () => {
  const files = packed(root, '--ignore-scripts');
  const entries = [manifest.bin.cnt, manifest.exports['.'].default, manifest.exports['./node'].node] as string[];
  for (const entry of entries) {
    const source = entry.replace(/^(?:\.\/)?dist\//, '').replace(/\.js$/, '.ts');
    assert.ok(existsSync(`${root}/${source}`), source);
    assert.ok(files.includes(source), `${source} is not packed`);
  }
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs/cnt.svg', 'kernels/pairs/reference.ts']) {
    assert.ok(files.includes(file), `${file} is not packed`);
  }
  for (const file of files) assert.not.match(file, /^(?:test|bench|data|findings|node_modules|reproduction)\//);
});

test('an installed copy, which has no configuration to compile with, can be packed', () => {
  const folder = new TemporaryFolder();
  folder.file('package.json', JSON.stringify(manifest));
  folder.file('README.md', 'a copy\n');
  assert.ok(packed(folder.path).includes('README.md'));
});

test.run();
