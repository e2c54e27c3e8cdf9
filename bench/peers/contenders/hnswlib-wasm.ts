/** hnswlib-wasm, made for browsers: in Node it looks for a window and its data base until it is given empty ones. */
import { run } from './contender.ts';

Object.assign(globalThis, { window: globalThis, indexedDB: {} });
const { loadHnswlib } = await import('hnswlib-wasm/dist/hnswlib.js');

await run(async ({ base, queries, M, efConstruction, k }) => {
  const lists = ({ rows, dim, data }: typeof base) =>
    Array.from({ length: rows }, (_, row) => data.subarray(row * dim, (row + 1) * dim));
  const points = lists(base);
  const asked = lists(queries);
  const library = await loadHnswlib();
  const index = new library.HierarchicalNSW('l2', base.dim, '');
  return {
    build() {
      index.initIndex(base.rows, M, efConstruction, 100);
      for (let row = 0; row < base.rows; row++) index.addPoint(points[row]!, row, false);
    },
    save() {}, // its files lie in a data base of the browser
    load() {
      throw new Error('hnswlib-wasm: expected to build the index, got asked to load it.');
    },
    prepare: (ef) => index.setEfSearch(ef),
    search(_, ids) {
      for (let row = 0; row < asked.length; row++)
        ids.set(index.searchKnn(asked[row]!, k, undefined).neighbors, row * k);
    },
  };
});
