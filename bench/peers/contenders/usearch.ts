/** usearch takes a query a call or all in one; the second is the faster, so it is what is measured. */
import { Index, MetricKind, ScalarKind } from 'usearch';
import { run } from './contender.ts';

await run(({ base, queries, M, efConstruction, k }) => {
  const index = (ef: number) =>
    new Index({
      dimensions: base.dim,
      metric: MetricKind.L2sq,
      quantization: ScalarKind.F32,
      multi: false,
      connectivity: M,
      expansion_add: efConstruction,
      expansion_search: ef,
    });
  let built = index(64);
  let file = '';
  let prepared = 64;
  return {
    build() {
      const keys = BigUint64Array.from({ length: base.rows }, (_, row) => BigInt(row));
      built.add(keys, base.data, 1);
    },
    save(path) {
      built.save(path);
      file = path;
    },
    load(path) {
      built.load(path);
      file = path;
    },
    prepare(ef) {
      if (ef === prepared) return;
      built = index(ef); // ef cannot be changed
      built.load(file);
      prepared = ef;
      built.search(queries.data.subarray(0, queries.dim), k, 1);
    },
    search(_, ids) {
      const { keys, counts } = built.search(queries.data, k, 1);
      // What lies behind a query's own count is not an answer: usearch leaves there what its memory held.
      for (let i = 0; i < ids.length; i++) ids[i] = i % k < Number(counts[Math.floor(i / k)]) ? Number(keys[i]) : -1;
    },
  };
});
