/** hnswlib-node takes arrays of numbers, a query a call; they are made before the clock starts. */
import hnswlib from 'hnswlib-node';
import { run } from './contender.ts';

await run(({ base, queries, M, efConstruction, k }) => {
  const lists = ({ rows, dim, data }: typeof base) =>
    Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * dim, (row + 1) * dim)));
  const points = lists(base);
  const asked = lists(queries);
  const index = new hnswlib.HierarchicalNSW('l2', base.dim);
  return {
    build() {
      index.initIndex(base.rows, M, efConstruction, 100);
      for (let row = 0; row < base.rows; row++) index.addPoint(points[row]!, row);
    },
    save: (path) => index.writeIndexSync(path),
    load: (path) => index.readIndexSync(path),
    prepare: (ef) => index.setEf(ef),
    search(_, ids) {
      for (let row = 0; row < asked.length; row++) ids.set(index.searchKnn(asked[row]!, k).neighbors, row * k);
    },
  };
});
