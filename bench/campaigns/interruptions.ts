/** Every command killed at random moments and run again, with `--resume` where it has that: the results must be those of a run in peace. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/tensor/random/random.ts';
import { lastLine, runCnt } from './programs.ts';
import { right, type Try, type Verdict, verdictOfLine } from './tally.ts';

interface Work {
  readonly name: string;
  /** @param at names a file in the folder of the try, where `data` lies */
  readonly argv: (at: (name: string) => string) => readonly string[];
  readonly resumes?: boolean;
  /** What of a file's content must be the same: all, unless it tells seconds. */
  readonly compared?: (name: string, content: Buffer) => string | undefined;
}

const data = (at: (name: string) => string, name: string) => join(at('data'), `${name}.fvecs`);
const build = (name: string, ...options: string[]): Work => ({
  name: `build ${name}`,
  resumes: name.startsWith('hnsw'),
  argv: (at) => ['build', '--base', data(at, 'base'), '--out', at('out'), '--index', name.split(' ')[0]!, ...options],
});
const train = (method: string, ...options: string[]): Work => ({
  name: `train ${method}`,
  resumes: options.length > 0,
  argv: (at) => ['train', '--base', data(at, 'base'), '--out', at('out'), '--method', method, ...options],
});

/** A report of `reproduce` without what a clock measures. */
function cellsOf(name: string, content: Buffer): string | undefined {
  if (!/^out\/table4\.json$/.test(name)) return undefined;
  return JSON.stringify((JSON.parse(content.toString('utf8')) as { cells: unknown }).cells);
}

const WORKS: readonly Work[] = [
  {
    name: 'generate',
    argv: (at) => ['generate', '--n', '30000', '--queries', '50', '--dim', '64', '--out', at('out')],
  },
  {
    name: 'truth',
    argv: (at) => [
      'truth',
      '--base',
      data(at, 'base'),
      '--query',
      data(at, 'query'),
      '--k',
      '50',
      '--out',
      at('out.ivecs'),
    ],
  },
  train('cnt', '--samples', '12800', '--batch', '64'),
  train('catalyst', '--samples', '6400', '--batch', '64'),
  train('pca'),
  build('flat'),
  build('hnsw', '--M', '16', '--ef-construction', '150'),
  build('hnsw batch', '--M', '16', '--ef-construction', '150', '--profile', 'batch'),
  build('nsg', '--R', '16', '--L', '40', '--C', '60'),
  build('ivfpq', '--bytes', '8', '--nlist', '8'),
  build('lc', '--bytes', '8', '--M', '8', '--ef-construction', '40'),
  {
    name: 'compress',
    argv: (at) => ['compress', '--model', at('data/model'), '--in', data(at, 'base'), '--out', at('out.fvecs')],
  },
  {
    name: 'search',
    argv: (at) => [
      'search',
      '--index',
      at('data/index'),
      '--query',
      data(at, 'query'),
      '--k',
      '20',
      '--out',
      at('out.ivecs'),
    ],
  },
  {
    name: 'reproduce',
    resumes: true,
    argv: (at) => [
      'reproduce',
      'table4',
      '--data',
      at('data'),
      '--out',
      at('out'),
      '--limit',
      '1500',
      '--samples',
      '2560',
    ],
    compared: cellsOf,
  },
];

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** The files of a folder, `data` left out, with what must be the same of each. */
function contents(folder: string, { compared }: Work): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.startsWith('data') || !statSync(join(folder, name)).isFile()) continue;
    const content = readFileSync(join(folder, name));
    const kept = compared ? compared(name, content) : content.toString('latin1');
    if (kept !== undefined) found.set(name, kept);
  }
  return found;
}

function strays(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.tmp$|\.checkpoint$/.test(name));
}

/** @param count of tries of each command */
export async function* interruptions(seed: string, count: number): AsyncGenerator<Try> {
  const top = mkdtempSync(join(tmpdir(), 'cnt-faults-'));
  process.on('exit', () => rmSync(top, { recursive: true, force: true }));
  const source = join(top, 'data');
  const prepare = [
    ['generate', '--n', '6000', '--queries', '200', '--dim', '32', '--out', source],
    ['train', '--base', join(source, 'base.fvecs'), '--samples', '2560', '--out', join(source, 'model')],
    [
      'build',
      '--base',
      join(source, 'base.fvecs'),
      '--index',
      'hnsw',
      '--M',
      '8',
      '--ef-construction',
      '40',
      '--out',
      join(source, 'index'),
    ],
  ];
  for (const argv of prepare) {
    const { status, err } = await runCnt(argv);
    if (status !== 0) throw new Error(err);
  }
  for (const work of WORKS) {
    const random = new Random(seed, `interruption/${work.name}`);
    const folderOf = (name: string) => {
      const folder = join(top, `${work.name.replaceAll(' ', '-')}-${name}`);
      mkdirSync(folder);
      cpSync(source, join(folder, 'data'), { recursive: true });
      return folder;
    };
    const whole = folderOf('whole');
    const inPeace = await runCnt(work.argv((name) => join(whole, name)));
    if (inPeace.status !== 0) throw new Error(`${work.name}: ${inPeace.err}`);
    const expected = contents(whole, work);
    for (let i = 0; i < count; i++) {
      const kills = Array.from({ length: 1 + random.below(2) }, () => ({
        signal: SIGNALS[random.below(SIGNALS.length)]!,
        share: 0.2 + 0.9 * random.uniform(),
      }));
      const what = kills
        .map(({ signal, share }) => `${signal} after ${(share * 100).toFixed(0)} % of the time`)
        .join(', ');
      yield {
        kind: 'interruption',
        what: `${work.name}: ${what}`,
        async run() {
          const folder = folderOf(String(i));
          const verdict = await interrupted(work, folder, kills, inPeace.seconds, expected);
          rmSync(folder, { recursive: true });
          return verdict;
        },
      };
    }
    rmSync(whole, { recursive: true });
  }
}

interface Kill {
  readonly signal: NodeJS.Signals;
  readonly share: number;
}

async function interrupted(
  work: Work,
  folder: string,
  kills: readonly Kill[],
  seconds: number,
  expected: ReadonlyMap<string, string>,
): Promise<Verdict> {
  const argv = work.argv((name) => join(folder, name));
  const again = work.resumes ? [...argv, '--resume'] : argv;
  for (const [i, { signal, share }] of kills.entries()) {
    const { status, err } = await runCnt(i === 0 ? argv : again, (child) => {
      setTimeout(() => child.kill(signal), 1000 * share * seconds);
    });
    const line = lastLine(err);
    // Before a handler of signals is there, or of SIGKILL, the process ends without a word.
    if (status !== 0 && status !== null) {
      const verdict = verdictOfLine(line);
      if (verdict.ending !== 'clean' || status !== 130) return { ending: 'crash', detail: `status ${status}: ${line}` };
    }
    for (const [name, content] of contents(folder, work)) {
      if (expected.has(name) && expected.get(name) !== content) {
        return { ending: 'silent', detail: `${name} is half-written after ${signal}` };
      }
    }
  }
  const { status, err } = await runCnt(again);
  if (status !== 0) return { ending: 'crash', detail: `run again: status ${status}: ${lastLine(err)}` };
  const found = contents(folder, work);
  for (const [name, content] of expected) {
    if (found.get(name) !== content)
      return { ending: 'silent', detail: `${name} is ${found.has(name) ? 'another' : 'missing'}` };
  }
  const left = strays(folder);
  return left.length > 0 ? { ending: 'silent', detail: `left behind: ${left.join(', ')}` } : right;
}
