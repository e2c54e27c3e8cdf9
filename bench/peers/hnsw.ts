/**
 * HNSW of several libraries on the same vectors with the same parameters, one thread: seconds to build, and queries a second at
 * equal recall. Contenders take turns for every ef, in processes of their own; each searches once unmeasured and once measured, and its
 * own processor time is what counts.
 *
 *   cd bench/peers && npm install && node --import tsx hnsw.ts FOLDER [--limit N] [--M 16] [--ef-construction 200] [--k 10]
 *       [--ef 10,14,20,…] [--rounds 5] [--recalls 0.9,0.95,0.99] [--keep FOLDER] [--only name,name] [--out results]
 *
 * Writes a Markdown table and an SVG. --keep leaves the indexes in a folder and takes those that are there. Absent contenders are
 * named and left out. Queries a second at a recall are interpolated between neighboring ef; ratios are medians over the rounds.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { intersectionAt } from '../../src/eval/recall.ts';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { lineChart } from '../../src/report/line-chart.ts';
import { benchArguments } from '../arguments.ts';
import { median } from '../at-recall.ts';
import { contestants, Running } from './contestants.ts';
import { builtIn, type Measured, table } from './standings.ts';

const { values, operands } = benchArguments(['FOLDER'], {
  limit: '',
  M: '16',
  'ef-construction': '200',
  k: '10',
  ef: '10,14,20,28,40,56,80,112,160,224,320,448',
  rounds: '5',
  recalls: '0.9,0.95,0.99',
  keep: '',
  only: '',
  out: fileURLToPath(new URL('results', import.meta.url)),
});
const folder = operands[0];
const dataset = await findDataset(folder);
const rows = Number(values.limit || dataset.baseRows);
const found = await readGroundtruth(dataset, rows);
if (!found) throw new Error(`hnsw: expected the truth of ${rows} rows in ${folder}.`);
const truth = found;
const [k, rounds] = [Number(values.k), Number(values.rounds)];
const efs = values.ef
  .split(',')
  .map(Number)
  .filter((ef) => ef >= k);
const recalls = values.recalls.split(',').map(Number);
const { M, 'ef-construction': efConstruction } = values;
const label = `${dataset.name}-${rows}-M${M}-efc${efConstruction}`;
const work = values.keep || mkdtempSync(join(tmpdir(), 'cnt-peers-'));
mkdirSync(work, { recursive: true });

/** Builds or loads. @returns the contender at work, and how long it built, now or when the file was made */
async function entered(name: string, command: readonly string[], loads: boolean): Promise<Entered> {
  const file = join(work, `${label}-${name.replaceAll(/[^a-z]/gi, '')}`);
  const out = `${file}.ids`;
  const running = new Running(command, [dataset.base, dataset.query, `${rows}`, M, efConstruction, `${k}`, out]);
  await running.ready();
  let seconds: number;
  if (values.keep && loads && existsSync(`${file}.seconds`)) {
    await running.ask(`load ${file}`);
    seconds = Number(readFileSync(`${file}.seconds`, 'utf8'));
  } else {
    seconds = await running.ask(`build ${file}`);
    writeFileSync(`${file}.seconds`, `${seconds}`);
  }
  console.log(`${name}: built in ${seconds.toFixed(1)} s`);
  return { name, buildSeconds: seconds, running, out, recall: new Map(), seconds: new Map() };
}

interface Entered extends Measured {
  readonly recall: Map<number, number>;
  readonly seconds: Map<number, readonly number[]>;
  readonly running: Running;
  readonly out: string;
}

function recallOf(out: string): number {
  const bytes = readFileSync(out);
  const data = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return intersectionAt({ rows: truth.rows, cols: k, data }, truth, k);
}

const wanted = values.only ? values.only.split(',') : undefined;
const all: Entered[] = [];
for (const { name, command, absent, loads } of contestants()) {
  if (wanted && !wanted.includes(name)) continue;
  if (absent) console.log(`skip: ${name} is absent; ${absent}`);
  else {
    try {
      all.push(await entered(name, command, loads));
    } catch (error) {
      console.log(`skip: ${name}: ${(error as Error).message}`);
    }
  }
}
for (let round = 0; round < rounds; round++) {
  for (const ef of efs) {
    for (const one of all) {
      await one.running.ask(`search ${ef}`); // brings what it needs back into the caches that it shares with the others
      const seconds = await one.running.ask(`search ${ef}`);
      if (round === 0) one.recall.set(ef, recallOf(one.out));
      one.seconds.set(ef, [...(one.seconds.get(ef) ?? []), seconds]);
    }
  }
  console.log(`round ${round + 1} of ${rounds}`);
}
for (const { running } of all) running.end();

const queries = truth.rows;
const report = `${[
  `## HNSW, ${dataset.name}, ${rows} x ${dataset.cols}, M = ${M}, efConstruction = ${efConstruction}, recall ${k}@${k}`,
  `${cpus()[0]?.model}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}. One thread, processor time, medians of ${rounds} rounds; (x) is ours over theirs, more than 1 where we are faster.`,
  builtIn(all),
  table(all, recalls, rounds, queries),
].join('\n\n')}\n`;
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, `hnsw-${label}.md`), report);
const curves = all.map(({ name, recall, seconds }) => ({
  name,
  points: efs.map((ef) => [recall.get(ef)!, queries / median(seconds.get(ef)!)] as const).filter(([x]) => x >= 0.8),
}));
const labels = {
  title: `${dataset.name}: queries a second against recall`,
  x: `recall ${k}@${k}`,
  y: 'queries a second',
};
const chart = lineChart(
  curves.filter(({ points }) => points.length > 0),
  labels,
  { y: 'log' },
);
writeFileSync(join(values.out, `hnsw-${label}.svg`), chart);
console.log(`\n${report}`);
for (const { name, recall, seconds } of all) {
  const cells = efs.map(
    (ef) => `${ef}: ${recall.get(ef)!.toFixed(4)} ${(queries / median(seconds.get(ef)!)).toFixed(0)}`,
  );
  console.log(`${name}: ${cells.join(' | ')}`);
}
