/**
 * Is anything wrong in silence? Damaged files, kills, full disks, orders of rows, ranges of values and wrong arguments, by a seed:
 * `node --import tsx bench/campaigns/faults.ts`, about fifteen minutes; `--part files` (or interruptions, disks, orders, ranges, api) runs a part
 * alone, `--tries` scales how much is tried. Prints a table of how the tries ended and everything bad, and exits with 1 if there is any.
 *
 * Bad are a crash (a stack, or an error out of the engine), a hang, and a wrong result without a word. Other values out of a damaged
 * file count as wrong only where the format has a checksum.
 */
import { fileURLToPath } from 'node:url';
import { clockText } from '../../src/cli/session/progress.ts';
import { textTable } from '../../src/report/table.ts';
import { benchArguments } from '../arguments.ts';
import { damagedFiles } from './damaged-files.ts';
import { fullDisks } from './full-disks.ts';
import { interruptions } from './interruptions.ts';
import { rowOrders } from './row-orders.ts';
import { runPart, runTries, Tally, type Try } from './tally.ts';
import { valueRanges } from './value-ranges.ts';
import { wrongArguments } from './wrong-arguments.ts';

interface Part {
  readonly tries: (seed: string, count: number) => AsyncIterable<Try>;
  /** How often, or of how many ways, something is tried at `--tries 1`. */
  readonly count: number;
  readonly mostSeconds: number;
}

const PARTS: Readonly<Record<string, Part>> = {
  files: { tries: damagedFiles, count: 200, mostSeconds: 20 },
  interruptions: { tries: interruptions, count: 3, mostSeconds: 240 },
  disks: { tries: fullDisks, count: 1, mostSeconds: 120 },
  orders: { tries: rowOrders, count: 1, mostSeconds: 240 },
  ranges: { tries: valueRanges, count: 1, mostSeconds: 60 },
  api: { tries: wrongArguments, count: 1, mostSeconds: 10 },
};

const { values } = benchArguments([], { seed: '1', part: '', tries: '1', first: '' });
const script = fileURLToPath(import.meta.url);

if (values.first !== '') {
  const { tries, count } = PARTS[values.part]!;
  await runTries(tries(values.seed, Math.max(1, Math.round(count * Number(values.tries)))), Number(values.first));
  process.disconnect?.();
  process.exit(0);
}

const names = values.part === '' ? Object.keys(PARTS) : values.part.split(',');
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`--part: expected ${Object.keys(PARTS).join(', ')}, got ${unknown}.`);
  process.exit(2);
}
const tally = new Tally();
const started = Date.now();
for (const name of names) {
  let said = Date.now();
  const words = ['--seed', values.seed, '--part', name, '--tries', values.tries];
  await runPart(script, words, PARTS[name]!.mostSeconds, tally, (ended) => {
    if (Date.now() - said < 10_000) return;
    said = Date.now();
    console.error(`${name}: ${ended} tries, ${clockText((said - started) / 1000)}, ${tally.bad.length} bad`);
  });
}
console.log(textTable(tally.rows()));
for (const line of tally.bad) console.log(line);
console.log(`${tally.bad.length} bad, ${clockText((Date.now() - started) / 1000)}`);
if (tally.bad.length > 0) process.exitCode = 1;
