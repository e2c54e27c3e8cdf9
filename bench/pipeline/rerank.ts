/**
 * The paper's compression turned into speed of search: a graph walked over SQ8 codes of compressed vectors, the survivors ranked anew by
 * full ones, against the same kind of graph over full vectors. The queries are compressed within the time.
 *
 *   node --import tsx bench/pipeline/rerank.ts FOLDER [--models pca,FILE,…] [--factor 4] [--limit N] [--M 48] [--ef-construction 512]
 *        [--k 100] [--ef 100,110,…] [--recalls 0.95,0.97,0.99] [--rounds 5] [--keep FOLDER] [--out FOLDER]
 *
 * A model is a file that `cnt train` wrote, or pca, trained here. One thread, processor time; contenders take turns for every ef. With
 * --keep the indexes stay in a folder and are taken from there; with --out a Markdown table and an SVG are written.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Compressor } from '../../src/compress/compressor.ts';
import { loadCompressor } from '../../src/compress/load-compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { intersectionAt } from '../../src/eval/recall.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { readArchive, writeArchive } from '../../src/io/container/archive-file.ts';
import { readModel } from '../../src/io/container/safetensors-file.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { readVectors } from '../../src/io/vectors.ts';
import { lineChart } from '../../src/report/line-chart.ts';
import { benchArguments } from '../arguments.ts';
import { markdown, median, rateAt, ratioAt, type Sweep } from '../at-recall.ts';
import { machine } from '../kernels/measure.ts';

const { values, operands } = benchArguments(['FOLDER'], {
  models: 'pca',
  factor: '4',
  limit: '',
  M: '48',
  'ef-construction': '512',
  k: '100',
  ef: '100,110,120,130,140,160,180,200,240,300',
  recalls: '0.95,0.97,0.99',
  rounds: '5',
  keep: '',
  out: '',
});
const folder = operands[0];
const dataset = await findDataset(folder);
const base = await readVectors(dataset.base, values.limit ? { limit: Number(values.limit) } : {});
const queries = await readVectors(dataset.query);
const truth = await readGroundtruth(dataset, base.rows);
if (!truth) throw new Error(`rerank: expected the truth of ${base.rows} rows in ${folder}.`);
const [M, efConstruction, k, rounds] = [values.M, values['ef-construction'], values.k, values.rounds].map(Number);
const efs = values.ef.split(',').map(Number);
const recalls = values.recalls.split(',').map(Number);
const label = `${dataset.name}-${base.rows}-M${M}-efc${efConstruction}`;

interface Contender extends Sweep {
  readonly name: string;
  readonly recall: Map<number, number>;
  readonly seconds: Map<number, readonly number[]>;
  readonly counts: Map<number, SearchResult['counts']>;
  /** Of all queries; part of the seconds. */
  readonly compressing: number[];
  search(ef: number): Promise<SearchResult>;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Built on the compressed vectors, or on the full ones if there are none. */
async function indexOf(
  name: string,
  walkBase: () => ReturnType<Compressor['encode']> | undefined,
): Promise<GraphIndex> {
  const file = values.keep && join(values.keep, `rerank-${label}-${name}`);
  if (file && existsSync(file)) return GraphIndex.fromArchive(await readArchive(file));
  const walk = walkBase();
  const begin = cpuSeconds();
  const built = await GraphIndex.build({
    base,
    ...(walk && { walkBase: walk }),
    M: M!,
    efConstruction: efConstruction!,
  });
  console.log(
    `${name}: graph on ${walk?.cols ?? base.cols} dimensions built in ${(cpuSeconds() - begin).toFixed(1)} s`,
  );
  if (file) {
    mkdirSync(values.keep, { recursive: true });
    await writeArchive(file, built.toArchive());
  }
  return built;
}

const sweep = () => ({
  recall: new Map<number, number>(),
  seconds: new Map<number, readonly number[]>(),
  counts: new Map<number, SearchResult['counts']>(),
  compressing: [] as number[],
});

async function enterFull(): Promise<Contender> {
  const index = await indexOf('full', () => undefined);
  return { name: `full vectors, ${base.cols}`, ...sweep(), search: (ef) => index.search(queries, k!, { ef }) };
}

async function enterModel(model: string): Promise<Contender> {
  const compressor =
    model === 'pca'
      ? trainPca(base, { dOut: base.cols / Number(values.factor) })
      : loadCompressor(await readModel(model));
  const { method, dOut } = compressor;
  const name = model === 'pca' ? model : basename(model).replace(/\..*/, '');
  const index = await indexOf(name, () => compressor.encode(base));
  const own = sweep();
  index.attachQueryEncoder({
    dIn: base.cols,
    dOut,
    encode(asked) {
      const begin = cpuSeconds();
      const encoded = compressor.encode(asked);
      own.compressing.push(cpuSeconds() - begin);
      return encoded;
    },
  });
  const search = (ef: number) => index.search(queries, k!, { ef, rerank: ef });
  return { name: `${method}, ${dOut}, re-ranked`, ...own, search };
}

const all = [await enterFull()];
for (const model of values.models.split(',')) all.push(await enterModel(model));
for (const { search } of all) await search(efs[0]!); // lets the engine compile
for (let round = 0; round < rounds!; round++) {
  for (const ef of efs) {
    for (const one of all) {
      const begin = cpuSeconds();
      const { ids, counts } = await one.search(ef);
      one.seconds.set(ef, [...(one.seconds.get(ef) ?? []), cpuSeconds() - begin]);
      one.recall.set(ef, intersectionAt(ids, truth, k!));
      one.counts.set(ef, counts);
    }
  }
}

const each = (value: number | undefined) => (value === undefined ? '-' : String(Math.round(value / queries.rows)));
const [full] = all;
const sweeps = all.map((one) => {
  const lines = efs.map((ef) => {
    const { distances, walkDistances, multiplyAdds } = one.counts.get(ef)!;
    const cells = [each(walkDistances), each(distances), each(multiplyAdds / 1000)];
    return [
      `${ef}`,
      one.recall.get(ef)!.toFixed(4),
      `${Math.round(queries.rows / median(one.seconds.get(ef)!))}`,
      ...cells,
    ];
  });
  const header = [
    'ef',
    `${k}@${k}`,
    'queries a second',
    'compressed distances',
    'full distances',
    '1000 multiply-adds',
  ];
  const share = median(one.compressing.length ? one.compressing : [0]);
  const note = share > 0 ? `\nCompressing a query takes ${((share / queries.rows) * 1e6).toFixed(0)} µs of it.\n` : '';
  return `### ${one.name}\n${note}\n${markdown(header, lines)}`;
});
const summary = all.map((one) => [
  one.name,
  ...recalls.map((wanted) => {
    const rate = rateAt(one, wanted, rounds!, queries.rows);
    const ratio = one === full ? undefined : ratioAt(one, full!, wanted, rounds!);
    return rate === undefined ? '-' : `${Math.round(rate)}${ratio === undefined ? '' : ` (${ratio.toFixed(2)}x)`}`;
  }),
]);
const report = `${[
  `## Compressed walk and re-ranking, ${dataset.name}, ${base.rows} x ${base.cols}, HNSW M = ${M}, efConstruction = ${efConstruction}`,
  `${machine()}. Medians of ${rounds} rounds in turns; in brackets, how often as fast as over full vectors. A recall that the least ef already exceeds is given the speed of that ef.`,
  markdown([`queries a second at ${k}@${k}`, ...recalls.map(String)], summary),
  ...sweeps,
].join('\n\n')}\n`;
console.log(report);
if (values.out) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, `rerank-${label}.md`), report);
  const curves = all.map(({ name, recall, seconds }) => ({
    name,
    points: efs.map((ef) => [recall.get(ef)!, queries.rows / median(seconds.get(ef)!)] as const),
  }));
  const title = `${dataset.name}: walked compressed, ranked by full vectors`;
  const chart = lineChart(curves, { title, x: `recall ${k}@${k}`, y: 'queries a second' });
  writeFileSync(join(values.out, `rerank-${label}.svg`), chart);
}
