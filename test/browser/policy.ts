/** Runs in a page whose Content-Security-Policy may forbid WebAssembly: which kernels compute there, what, and what is refused. */
import { createKernels, simdSupported } from '../../kernels/backend.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';

function refusal(): string {
  try {
    createKernels({ backend: 'simd', bytes: 64 });
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}

const { base, query } = generateManifold({ rows: 200, queries: 3, dim: 8, seed: 1 });
const index = await GraphIndex.build({ base, M: 4, efConstruction: 20 });
const { ids } = await index.search(query, 5, { ef: 20 });

const report = {
  validates: (globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly.validate(
    new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]),
  ),
  simdSupported: simdSupported(),
  auto: createKernels({ bytes: 64 }).backend,
  simd: refusal(),
  ids: [...ids.data],
};
const { fetch } = globalThis as unknown as { fetch(path: string, settings: object): Promise<unknown> };
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
