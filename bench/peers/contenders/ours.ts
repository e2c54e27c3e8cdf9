/** This project. CNT_PROFILE names the profile of the graph, hnswlib's if not given. */
import type { HnswProfileName } from '../../../src/graph/hnsw/profile.ts';
import { GraphIndex } from '../../../src/index/graph/graph-index.ts';
import { readArchive, writeArchive } from '../../../src/io/container/archive-file.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { run } from './contender.ts';

await run(({ base, queries, M, efConstruction, k }) => {
  const profile = (process.env['CNT_PROFILE'] ?? 'hnswlib') as HnswProfileName;
  const baseMatrix = createMatrix(base.rows, base.dim, base.data);
  const queryMatrix = createMatrix(queries.rows, queries.dim, queries.data);
  let index: GraphIndex;
  return {
    async build() {
      index = await GraphIndex.build({ base: baseMatrix, M, efConstruction, profile });
    },
    save: (path) => writeArchive(path, index.toArchive()),
    async load(path) {
      index = GraphIndex.fromArchive(await readArchive(path));
    },
    async search(ef, ids) {
      ids.set((await index.search(queryMatrix, k, { ef })).ids.data);
    },
  };
});
