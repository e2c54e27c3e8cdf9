import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../kernels/backend.ts';
import { pipelineDigests } from './support/pipeline-digests.ts';

/**
 * SHA-256 of everything that a small run makes. They must be the same on every machine, engine and backend; one that changes on purpose
 * is changed here in the same commit, which says why and counts `STEP_VERSION` of src/paper/step-store.ts up. `node --import tsx bench/pipeline/digests.ts` prints those of a larger run.
 */
const EXPECTED: Record<string, string> = {
  vectors: '5810fa7dad67b25e1f5ca96b52e97bacf90ae72ba8ef592d5496c5df793aca2a',
  queries: '5e5f80671221ad5fc827758929b9807352f1b698df87329f178d514690d35b2d',
  truth: '9943f31f926a0c7491d0cdd9cac53dbc0ccf250927976d13973d11df45f11fb7',
  'model srp': 'c067ada2a9e2d0a36bb189f5fe2f05e41af98e0b8966447bc03cb60919253d6a',
  'compressed srp': '82da5a7c49374d41981bf6d8c3ae02beabf8f6c73077f6f86bc25dd7ea91633c',
  'model pca': 'b32558f04564d94213e15d1e3c00fd782c5d76ff8fdcc24c00824beebca80c5b',
  'compressed pca': 'e1a68044676aa0e09563eeb2144ed1c868f9bd3d542e5d7d9ab3e2e8ddd74cb7',
  'model linear map + INRP': '21e565570b480dd0f66003afbf76837b878c4d3bd1e5f3af4b7c0a2dff7564aa',
  'compressed linear map + INRP': '9810425080273978982ce5aeae77dadd7357f47987e217e6a1435419f5e5dd0f',
  'model cnt, paper': '569202f6833dc1cc6af5956078c73f915939d52f1e50141212b9033c57bc0adb',
  'compressed cnt, paper': '1e5efdcb31848d8a860537196ff1d3ce427ba0678b019a22d53c0560b2dc5369',
  'graph canonical': '06d89e4edbbf846f3bd0eb3482b1ad79fec067247b5e1ef18d2bc2a251ea1fda',
  'results canonical': 'a2b2ae60d521d5bae78c5858e2fa65e01c0065e98b287d928531ff790124cad2',
  'graph faiss': '96c95136793e1c91806de6280429e24ed09a8711c7e75c7f77b7cbef015bd217',
  'results faiss': '23e5ba8cef0c3bd096e6f64e1c0a3566d7121cd7508c0823a9abe353b35f2b32',
  'graph hnswlib': 'd72c29e0c060fe34174e302afa025db2f1f01858af971af839af77de358cda97',
  'results hnswlib': '17dfadf26676080b1e3b8e94d72be6e678642e08a43aac9a9a8b28d33cade0f5',
  'model cnt, released code': '557e1c63949661f08a21c48ce87408e5c03383fe27c15cd705031414594721a7',
  'compressed cnt, released code': '2f9ed772ee629702193c5c367ad70f1877ad2e65d8283f8001fb3cdc0a791c6c',
};

const test = suite('digests');
for (const backend of ['reference', 'simd'] as const) {
  test(`vectors, models, graphs and results have the expected digests on ${backend}`, async () => {
    if (backend === 'simd' && !simdSupported()) return console.log('skip: this engine has no WebAssembly SIMD');
    const found = await pipelineDigests({ rows: 400, queries: 20, dim: 16, samples: 1280, batch: 32 }, backend);
    assert.equal(Object.fromEntries(found), EXPECTED);
  });
}

test.run();
