import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../src/data/manifold.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { chromium, runInChromium } from '../support/chromium.ts';

const program = chromium();
if (!program) console.log('skip: a Content-Security-Policy in a browser (no Chromium is installed)');
const inChromium = program ? test : test.skip;

const { base, query } = generateManifold({ rows: 200, queries: 3, dim: 8, seed: 1 });

for (const [title, policy, computes] of [
  ['without wasm-unsafe-eval', "script-src 'self' 'unsafe-inline'", 'reference'],
  ['with wasm-unsafe-eval', "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'", 'simd'],
] as const) {
  inChromium(`in a page whose Content-Security-Policy is ${title}, ${computes} computes, and the same`, async () => {
    const report = await runInChromium(program!, 'test/browser/policy.ts', policy);
    if (report === undefined) return; // the browser did not start, which it has said
    const index = await GraphIndex.build({ base, M: 4, efConstruction: 20 });
    const { ids } = await index.search(query, 5, { ef: 20 });
    assert.equal(report, {
      validates: true,
      simdSupported: computes === 'simd',
      auto: computes,
      simd:
        computes === 'simd'
          ? 'nothing'
          : "Error: createKernels: expected WebAssembly SIMD for backend simd, got a Content-Security-Policy that forbids it; add 'wasm-unsafe-eval' to its script-src, or take backend auto.",
      ids: [...ids.data],
    });
  });
}

test.run();
