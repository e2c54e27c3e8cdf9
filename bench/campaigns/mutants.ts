/**
 * Can the tests fail? Changes one operator, bound or constant at a time, in a copy of the repository, and runs the tests that
 * reach the changed file until one fails: `node --import tsx bench/campaigns/mutants.ts`. A seeded sample over all files of
 * kernels, quantizers, graphs, readers, indexes and judging; 400 take about half an hour on an idle core. Prints what survived and is not
 * explained in `equivalent-mutants.json`, and exits with 1 where that is more than 3 %.
 *
 * Outcomes are kept in `--log`: the same command goes on where it was stopped, tries survivors again with tests that changed, and takes the rest as known.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clockText } from '../../src/cli/session/progress.ts';
import { benchArguments } from '../arguments.ts';
import { fittingTests, sourcesOf } from './fitting-tests.ts';
import { type Mutant, mutantsOf, sample } from './mutation-sites.ts';

const { values } = benchArguments([], {
  count: '400',
  seed: '1',
  seconds: '40', // of tests for one mutant, as they last on the sound code
  log: join(tmpdir(), 'cnt-mutants.jsonl'),
  only: '', // files whose path contains this
  share: '1/1', // of the mutants, where several processes work with one log
});
const [count, seed, seconds] = [Number(values.count), Number(values.seed), Number(values.seconds)];

const AREAS = [
  'kernels',
  'src/quantize',
  'src/graph',
  'src/io',
  'src/index',
  'src/eval',
  'src/paper/claims',
  'src/paper/tables',
];
/** What may survive without an explanation. */
const LARGEST_SHARE = 0.03;
/** A test that takes this many times as long as on the sound code, and then some, does not end. */
const HANGS = { times: 4, andSeconds: 10 };

interface Outcome {
  readonly file: string;
  readonly code: string;
  readonly changed: string;
  /** The test that failed, or '' for none. */
  readonly killedBy: string;
  /** Of the tests that were run and passed: with others a survivor is tried again. */
  readonly tests: string;
}

/** Of a test, by its digest: seconds. */
interface Duration {
  readonly test: string;
  readonly lasts: number;
}

interface Explained {
  readonly file: string;
  readonly code: string;
  readonly changed: string;
  readonly reason: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const explained = JSON.parse(
  readFileSync(new URL('./equivalent-mutants.json', import.meta.url), 'utf8'),
) as Explained[];
const nameOf = ({ file, code, changed }: Mutant | Outcome | Explained) => JSON.stringify([file, code, changed]);

const copy = mkdtempSync(join(tmpdir(), 'cnt-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
for (const part of ['kernels', 'src', 'test', 'bench', 'docs', 'data', 'findings']) {
  if (existsSync(join(root, part))) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !path.includes('node_modules') });
  }
}
for (const part of ['package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'CONTRIBUTING.md']) {
  cpSync(join(root, part), join(copy, part));
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

/** Runs one test file until its first failure. */
function passes(test: string, mostSeconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--max-old-space-size=1500', '--import', 'tsx', test], {
      cwd: copy,
      detached: true, // its own group, so that what it started ends with it
    });
    let sound = true;
    const end = (): void => {
      sound = false;
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // it has ended by itself
      }
    };
    const late = setTimeout(end, mostSeconds * 1000);
    child.stdout.on('data', (output) => {
      if (String(output).includes('✘')) end();
    });
    child.stderr.resume();
    child.on('close', (code) => {
      clearTimeout(late);
      resolve(sound && code === 0);
    });
  });
}

const digestOf = (texts: readonly string[]) => createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);
const fitting = fittingTests(copy);

/** Outcomes by mutant, and durations by the digest of a test. */
const known = new Map<string, Outcome>();
const durations = new Map<string, number>();
if (existsSync(values.log)) {
  for (const line of readFileSync(values.log, 'utf8').split('\n').filter(Boolean)) {
    const entry = JSON.parse(line) as Outcome | Duration;
    if ('lasts' in entry) durations.set(entry.test, entry.lasts);
    else known.set(nameOf(entry), entry);
  }
}
const keep = (entry: Outcome | Duration) => appendFileSync(values.log, `${JSON.stringify(entry)}\n`);

/** How long a test lasts on the sound code: infinitely where it fails there and can tell nothing. */
async function durationOf(test: string): Promise<number> {
  const digest = digestOf([test, readFileSync(join(copy, test), 'utf8')]);
  const before = durations.get(digest);
  if (before !== undefined) return before;
  const begin = process.hrtime.bigint();
  const sound = await passes(test, 300);
  const lasts = sound ? Number(process.hrtime.bigint() - begin) / 1e9 : Number.POSITIVE_INFINITY;
  durations.set(digest, lasts);
  if (sound) keep({ test: digest, lasts });
  else console.error(`${test} fails on the sound code: left out`);
  return lasts;
}

/** The tests that are run on a change of this file, while their time lasts. */
async function* affordableTests(file: string): AsyncGenerator<{ readonly test: string; readonly lasts: number }> {
  let spent = 0;
  for (const test of fitting(file)) {
    if (spent >= seconds) return;
    const lasts = await durationOf(test);
    if (lasts === Number.POSITIVE_INFINITY || spent + lasts > 2 * seconds) continue;
    spent += lasts;
    yield { test, lasts };
  }
}

const stateOf = (tests: readonly string[]) =>
  digestOf(tests.map((test) => test + readFileSync(join(copy, test), 'utf8')));

async function outcomeOf(mutant: Mutant, before: Outcome | undefined): Promise<Outcome> {
  const { file, code, changed } = mutant;
  const tests: string[] = [];
  if (before) {
    for await (const { test } of affordableTests(file)) tests.push(test);
    if (stateOf(tests) === before.tests) return before;
    tests.length = 0;
  }
  const path = join(copy, file);
  const sound = readFileSync(path, 'utf8');
  for await (const { test, lasts } of affordableTests(file)) {
    tests.push(test);
    writeFileSync(path, mutant.text);
    const passed = await passes(test, HANGS.times * lasts + HANGS.andSeconds);
    writeFileSync(path, sound);
    if (!passed) return { file, code, changed, killedBy: test, tests: stateOf(tests) };
  }
  return { file, code, changed, killedBy: '', tests: stateOf(tests) };
}

const [own, shares] = values.share.split('/').map(Number) as [number, number];
const files = AREAS.flatMap((area) => sourcesOf(root, area)).filter((file) => file.includes(values.only));
const chosen = sample(
  new Map(files.map((file) => [file, mutantsOf(file, readFileSync(join(root, file), 'utf8'), seed)])),
  count,
  seed,
);
const reasons = new Map(explained.map((one) => [nameOf(one), one.reason]));
const survivors: Mutant[] = [];
let equivalent = 0;
let tried = 0;
const started = Date.now();
for (const [i, mutant] of chosen.entries()) {
  if (i % shares !== own - 1) continue;
  const name = nameOf(mutant);
  const before = known.get(name);
  let outcome = before;
  if (reasons.has(name)) {
    equivalent++;
    continue;
  }
  if (!before || before.killedBy === '') {
    outcome = await outcomeOf(mutant, before);
    if (outcome !== before) {
      tried++;
      known.set(name, outcome);
      keep(outcome);
    }
  }
  if (outcome!.killedBy === '') {
    survivors.push(mutant);
    console.log(`${mutant.file}:${mutant.line}\n  - ${mutant.code}\n  + ${mutant.changed}`);
  }
  if (tried > 0 && tried % 10 === 9) {
    const left = (((Date.now() - started) / (i + 1)) * (chosen.length - i - 1)) / 1000;
    console.error(`${i + 1} of ${chosen.length}, ${survivors.length} survive, ${clockText(left)} left`);
  }
}
const share = survivors.length / chosen.length;
console.log(
  `${chosen.length} mutants in ${files.length} files: ${chosen.length - survivors.length - equivalent} killed, ${equivalent} explained, ` +
    `${survivors.length} survive unexplained (${(share * 100).toFixed(1)} %)`,
);
if (share > LARGEST_SHARE) process.exitCode = 1;
