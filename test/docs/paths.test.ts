import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from './code-blocks.ts';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'data/README.md',
  'findings/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md') && existsSync(join(root, page)));

/** What reads like a path from the root. `data/` is left out: in examples it is a folder of the reader's. */
const PATH = /(?<![\w./@-])(?:kernels|src|test|bench|docs|findings|\.ci|\.github)\/[\w./-]*\w/g;

test('every path that a page names exists', () => {
  assert.ok(PAGES.length > 2);
  const missing: string[] = [];
  for (const page of PAGES) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [path] of text.matchAll(PATH)) {
      if (!existsSync(join(root, path))) missing.push(`${page}: ${path}`);
    }
  }
  assert.equal(missing, []);
});

test('every link of a page to another file leads somewhere', () => {
  const missing: string[] = [];
  for (const page of PAGES) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!existsSync(join(root, dirname(page), target!))) missing.push(`${page}: ${target}`);
    }
  }
  assert.equal(missing, []);
});

test.run();
