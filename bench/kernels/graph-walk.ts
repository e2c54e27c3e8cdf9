/**
 * Searching a graph by one call of WebAssembly a level against the same search in TypeScript, over the same vectors: first ids,
 * distances and counts are compared, then queries a second in turns.
 *
 *     node --import tsx bench/kernels/graph-walk.ts INDEX QUERY [--k 10] [--ef 10,20,40,80,160,320]
 *
 * INDEX is what `cnt build --index hnsw` wrote.
 */
import { deepStrictEqual } from 'node:assert';
import { readGraphArchive } from '../../src/index/graph/graph-archive.ts';
import { GraphSearcher } from '../../src/index/graph/graph-searcher.ts';
import { wasmSearchRoom } from '../../src/index/graph/wasm-graph-search.ts';
import { readArchive } from '../../src/io/container/archive-file.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { vectorSource } from '../../src/tensor/vectors/split-vector-set.ts';
import { benchArguments } from '../arguments.ts';
import { machine, measure } from './measure.ts';

const { values, operands } = benchArguments(['INDEX', 'QUERY'], { k: '10', ef: '10,20,40,80,160,320' });
const [indexPath, queryPath] = operands;
const { graph, parameters, base, representatives } = readGraphArchive(await readArchive(indexPath));
const queries = await readVectors(queryPath);
const k = Number(values.k);
const searcher = (spare: number) =>
  new GraphSearcher({
    graph,
    points: vectorSource(base, { batch: 2 * Math.max(128, parameters.M), spare }),
    representatives,
  });
const inWasm = searcher(wasmSearchRoom(base.rows, 2 * parameters.M, parameters.M));
const inTypeScript = searcher(0);

console.log(machine());
console.log(`${base.rows} x ${base.cols}, M = ${parameters.M}, ${k} nearest, medians of 9 rounds\n`);
console.log('   ef   TypeScript  WebAssembly   ratio    queries a second');
for (const ef of values.ef.split(',').map(Number)) {
  const run = (one: GraphSearcher) => one.search(queries, k, ef);
  deepStrictEqual(run(inWasm), run(inTypeScript));
  const times = measure({ plain: () => run(inTypeScript), fast: () => run(inWasm) });
  const rate = (name: string) => queries.rows / times[name]!.median;
  const cells = [rate('plain').toFixed(0).padStart(12), rate('fast').toFixed(0).padStart(12)];
  console.log(`${String(ef).padStart(5)} ${cells.join(' ')} ${(rate('fast') / rate('plain')).toFixed(2).padStart(7)}x`);
}
