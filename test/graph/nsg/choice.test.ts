import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildNsg } from '../../../src/graph/nsg/build.ts';
import { NSG_PROFILES } from '../../../src/graph/nsg/profile.ts';
import { exactKnnGraph } from '../../../src/index/graph/exact-knn-graph.ts';
import { centroid } from '../../../src/tensor/vectors/centroid.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { graphContents } from '../../support/graph-invariants.ts';
import { normalMatrix } from '../../support/normals.ts';

test('1, 2 and 5 threads build the same graph with the same work, in both profiles', async () => {
  const matrix = normalMatrix(400, 7, 'threads');
  matrix.data.copyWithin(0, 7 * 380); // copies
  const knn = await exactKnnGraph(matrix, 10);
  for (const profile of NSG_PROFILES) {
    const [one, ...others] = await Promise.all(
      [1, 2, 5].map((threads) => {
        const source = new VectorSet(matrix, { attachable: threads - 1 });
        return buildNsg(source, knn, centroid(matrix), { R: 6, L: 12, C: 30, profile, threads });
      }),
    );
    for (const other of others) {
      assert.equal(graphContents(other.graph), graphContents(one!.graph));
      assert.equal([other.attached, other.counts], [one!.attached, one!.counts]);
    }
  }
});

test.run();
