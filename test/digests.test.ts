import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../kernels/backend.ts';
import { pipelineDigests } from './support/pipeline-digests.ts';

/**
 * SHA-256 of everything that a small run makes. They must be the same on every machine, engine and backend; one that changes on purpose
 * is changed here in the same commit, which says why and counts `STEP_VERSION` of src/paper/experiment/step-store.ts up. `node --import tsx bench/pipeline/digests.ts` prints those of a larger run.
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
  'model cnt, released code': '557e1c63949661f08a21c48ce87408e5c03383fe27c15cd705031414594721a7',
  'compressed cnt, released code': '2f9ed772ee629702193c5c367ad70f1877ad2e65d8283f8001fb3cdc0a791c6c',
  'model vae': '754689bb70e7ff237f9b2d61d127f2a6e2c57676583109f84364e3dfa8509017',
  'compressed vae': '68c3b3705d92c753e2264a914c25ec85b6d5e6671086b71e1be2669b2d451d1b',
  'model catalyst': '2a9c19b20ce7193b45dfc9489d667ce3c5000f77208282f9aa545f69db59e4da',
  'compressed catalyst': 'c71b9e31855e9bf8b1b6df5ca64c95844a85f9bc4ec76db30953eac8e5a6bc66',
  'graph canonical': '06d89e4edbbf846f3bd0eb3482b1ad79fec067247b5e1ef18d2bc2a251ea1fda',
  'results canonical': 'a2b2ae60d521d5bae78c5858e2fa65e01c0065e98b287d928531ff790124cad2',
  'graph faiss': '96c95136793e1c91806de6280429e24ed09a8711c7e75c7f77b7cbef015bd217',
  'results faiss': '23e5ba8cef0c3bd096e6f64e1c0a3566d7121cd7508c0823a9abe353b35f2b32',
  'graph hnswlib': 'd72c29e0c060fe34174e302afa025db2f1f01858af971af839af77de358cda97',
  'results hnswlib': '17dfadf26676080b1e3b8e94d72be6e678642e08a43aac9a9a8b28d33cade0f5',
  'graph NSG canonical, exact': '8fe956c3869a034ccf797c24f4edce3ea9ccb14e14b21148d49a317bcb2db778',
  'results NSG canonical, exact': '97d58822fa73846636acbb78b118c0c0cdea9eafdcbf4563a583c9aa325f0b79',
  'graph NSG canonical, nn-descent': '8fe956c3869a034ccf797c24f4edce3ea9ccb14e14b21148d49a317bcb2db778',
  'results NSG canonical, nn-descent': '97d58822fa73846636acbb78b118c0c0cdea9eafdcbf4563a583c9aa325f0b79',
  'graph NSG faiss, exact': '02f19969761ddded2c7fb3b608e28daea200b9154cbf98441e9870d6c1807a99',
  'results NSG faiss, exact': '5d90a893630552f4682b61afad7549e1c2cbcdffe8eb9f3299201c5222d6cad7',
  'graph NSG faiss, nn-descent': '02f19969761ddded2c7fb3b608e28daea200b9154cbf98441e9870d6c1807a99',
  'results NSG faiss, nn-descent': '5d90a893630552f4682b61afad7549e1c2cbcdffe8eb9f3299201c5222d6cad7',
  'index PQ canonical': '84b09965ad332c87ab7482f18945f4d9917a5cf6cd4a25f6a185389bfcc530e0',
  'results PQ canonical': '66a68af0b710b5cb171597d1de6955f369839110ffeb25066946882074fddc64',
  'index PQ faiss': '6907b8871c707038b5419c9bf4e04c8966d933a168ca8ba5b260b20627ff96d9',
  'results PQ faiss': '069e229e7ac7b0382de322179e35304edffb37f198b00ddf827942e2942a53a3',
  'index OPQ of 4 bits': 'd7054ebccef97120cee05fd25a17bd61db56a1fd86dd85e27d439db007d06b90',
  'results OPQ of 4 bits': 'f5f4ce1ff414b92b32e6cf01e260c954dfdb39af1572c37e9bfff457e7ee2fa7',
  'index IVFADC canonical': 'aac41ed6a4042526c886aab92c441b4d06ec92d77e854d291e2393ea4ad1dc03',
  'results IVFADC canonical': '74974a0429b8b112974765881a9e41d24055dc07ce35fb0155336abdc3419419',
  'index IVFADC faiss': '8c4194027ea274fcc43ec0e28c2ec7c1e38f6dd565bf7ad44295211603d5bcb6',
  'results IVFADC faiss': 'c565f60345b8391f24753f12ec1bf8f21c0199642d2ef88b9837be347dc06f37',
  'index SQ8 dimension': '30b7b23a9885f3434a90ad9ef94527cdd7d97a3421eeb0ad66b1a68e4b708e2e',
  'results SQ8 dimension': '737f891eb0a0865fdd328992cc3f67fcf53e4c8b389231c42d368816c134d69a',
  'index SQ8 uniform': '8f3c8dc2ece789424911fa7cafd399424ed4ea3086ad11fca7c2695d28de291f',
  'results SQ8 uniform': 'b613b89326ce94325f378991581906f0780e6cd2f16e142ea022b75500356dd2',
  'index HNSW-SQ8 dimension': '715df0109009ff99de7dd2653c41221856c29c7fa6be8bebe1cab3a1772a8dec',
  'results HNSW-SQ8 dimension': '680a369edb1a2b7a9984ac27f406a776f60c38aee3d03034f6fcd658d6e94b81',
  'index HNSW-SQ8 uniform': 'e3f4eb782dde116fedb4fed0d7b3a7cd0c668c5d1eca6f7f353f85622004a486',
  'results HNSW-SQ8 uniform': '86fe95fac34dc7e70473c31a84ba3898ac37d020015d909a40f5f14c2787fff2',
  'index Link & Code': '79e7e7ab491a6e0c37fce7f2d21d4b2f204c53258417184390fc2f25ee63c4ae',
  'results Link & Code': '6f51c3d14242843a833da05874594dd5729aaa26276f5de963cfbea5edd08dfd',
};

const test = suite('digests');
for (const [backend, order] of [
  ['reference', 'forwards'],
  ['simd', 'backwards'],
] as const) {
  test(`vectors, models, graphs, codes and results have the expected digests on ${backend}, made ${order}`, async () => {
    if (backend === 'simd' && !simdSupported()) return console.log('skip: this engine has no WebAssembly SIMD');
    const found = await pipelineDigests({ rows: 400, queries: 20, dim: 16, samples: 1280, batch: 32 }, backend, order);
    assert.equal(sorted(found), sorted(Object.entries(EXPECTED)));
  });
}

function sorted(digests: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries([...digests].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test.run();
