/**
 * The digests of a whole run, from generated vectors to search results, on every backend of this machine; they must be the same
 * everywhere: `node --import tsx bench/pipeline/digests.ts`. Exits with 1 where two backends differ.
 */
import { simdSupported } from '../../kernels/backend.ts';
import { pipelineDigests } from '../../test/support/pipeline-digests.ts';

const size = { rows: 1200, queries: 50, dim: 32, samples: 6400, batch: 64 };
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
const reference = await pipelineDigests(size, 'reference');
const again = simdSupported() ? await pipelineDigests(size, 'simd') : reference;
for (const [name, digest] of reference) {
  const same = again.get(name) === digest;
  console.log(`${digest}  ${name}${same ? '' : `  DIFFERS with simd: ${again.get(name)}`}`);
  if (!same) process.exitCode = 1;
}
console.log(simdSupported() ? 'reference and simd compared' : 'no SIMD here: reference only');
