/**
 * Matrix products and training steps of several libraries, one thread each, in turns; processor time of their own processes.
 *
 *   cd bench/peers && npm install && node --import tsx arithmetic.ts [--rounds 5] [--out results]
 *
 * Writes a Markdown table. Absent contenders are named and left out.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchArguments } from '../arguments.ts';
import { markdown, median } from '../at-recall.ts';
import { ofPython, ofThisProject, Running } from './contestants.ts';

const { values } = benchArguments([], { rounds: '5', out: fileURLToPath(new URL('results', import.meta.url)) });
const rounds = Number(values.rounds);

const [M, N, K] = [1024, 240, 960];
const TASKS = [
  ...(['NN', 'NT', 'TN'] as const).map((kind) => ({
    name: `product ${kind} ${M} x ${N} x ${K}, GFLOP/s`,
    command: `${kind} ${M} ${N} ${K}`,
    figure: (seconds: number) => ((2 * M * N * K) / seconds / 1e9).toFixed(1),
  })),
  { name: 'step of two layers, ms', command: 'layers', figure: (seconds: number) => (1000 * seconds).toFixed(2) },
  { name: 'step of CNT, n = 4, ms', command: 'cnt 4', figure: (seconds: number) => (1000 * seconds).toFixed(1) },
  { name: 'step of CNT, n = 12, ms', command: 'cnt 12', figure: (seconds: number) => (1000 * seconds).toFixed(1) },
];

const contestants = [
  ofThisProject('arithmetic-ours.ts', 'this project'),
  ofThisProject('arithmetic-tfjs.ts', 'TensorFlow.js, WebAssembly', '@tensorflow/tfjs-backend-wasm'),
  ofPython('arithmetic.py', 'torch', 'PyTorch'),
];
const all: { name: string; running: Running; seconds: Map<string, number[]> }[] = [];
for (const { name, command, absent } of contestants) {
  if (absent) console.log(`skip: ${name} is absent; ${absent}`);
  else {
    const running = new Running(command, []);
    try {
      await running.ready();
      all.push({ name, running, seconds: new Map(TASKS.map((task) => [task.command, []])) });
    } catch (error) {
      console.log(`skip: ${name}: ${(error as Error).message}`);
    }
  }
}
for (let round = 0; round < rounds; round++) {
  for (const { command } of TASKS) {
    for (const { running, seconds } of all) seconds.get(command)!.push(await running.ask(command));
  }
  console.log(`round ${round + 1} of ${rounds}`);
}
for (const { running } of all) running.end();

const [ours] = all;
const lines = TASKS.map(({ name, command, figure }) => [
  name,
  ...all.map((one) => {
    const theirs = one.seconds.get(command)!;
    if (Number.isNaN(theirs[0]!)) return '-';
    const ratio = median(theirs.map((seconds, round) => seconds / ours!.seconds.get(command)![round]!));
    return one === ours ? figure(median(theirs)) : `${figure(median(theirs))} (${ratio.toFixed(2)}x)`;
  }),
]);
const report = `## Matrix products and training steps

${cpus()[0]?.model}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}. One thread, processor time, medians of ${rounds} rounds; (x) is our speed over theirs. The steps have a batch of 1024; CNT is 256 to 64.

${markdown(['', ...all.map(({ name }) => name)], lines)}
`;
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, 'arithmetic.md'), report);
console.log(`\n${report}`);
