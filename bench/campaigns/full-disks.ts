/** Commands that write to a disk without room: one line, nothing half-written, the older file kept. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine, runCnt } from './programs.ts';
import { right, type Try, type Verdict, verdictOfLine } from './tally.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SIZE = 1 << 20;

/** A disk of a megabyte, or undefined where mounting one is not permitted. */
function smallDisk(folder: string): string | undefined {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', disk]);
  if (status !== 0) return undefined;
  process.on('exit', () => execFileSync('umount', ['-l', disk]));
  return disk;
}

export async function* fullDisks(_seed: string, _count: number): AsyncGenerator<Try> {
  const folder = mkdtempSync(join(tmpdir(), 'cnt-faults-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  for (const argv of [
    ['generate', '--n', '6000', '--queries', '200', '--dim', '64', '--out', at('data')],
    ['train', '--base', at('data/base.fvecs'), '--method', 'srp', '--factor', '1', '--out', at('model')],
    ['build', '--base', at('data/base.fvecs'), '--index', 'flat', '--out', at('index')],
  ]) {
    const { status, err } = await runCnt(argv);
    if (status !== 0) throw new Error(err);
  }
  if (existsSync('/dev/full')) {
    for (const argv of [['help'], ['inspect', at('data/base.fvecs'), '--json']]) {
      yield {
        kind: 'full disk',
        what: `stdout, cnt ${argv[0]}`,
        run() {
          const full = openSync('/dev/full', 'w');
          const stdio = ['ignore', full, 'pipe'] as const;
          const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, ...argv], {
            stdio: [...stdio],
          });
          return status === 1
            ? verdictOfLine(lastLine(String(stderr)))
            : { ending: 'silent', detail: `status ${status}` };
        },
      };
    }
  }
  const disk = smallDisk(folder);
  if (disk === undefined) {
    console.error('skip: full disks (mounting a small one is not permitted)');
    return;
  }
  const base = at('data/base.fvecs');
  const out = join(disk, 'out');
  const works: readonly (readonly string[])[] = [
    ['generate', '--n', '20000', '--queries', '5', '--dim', '64', '--out', join(disk, 'generated')],
    ['build', '--base', base, '--index', 'flat', '--out', out],
    ['build', '--base', base, '--index', 'hnsw', '--M', '8', '--ef-construction', '20', '--out', out],
    ['compress', '--model', at('model'), '--in', base, '--out', `${out}.fvecs`],
    ['truth', '--base', base, '--query', base, '--limit', '200', '--k', '100', '--out', `${out}.ivecs`],
    ['search', '--index', at('index'), '--query', base, '--k', '100', '--out', `${out}.ivecs`],
    ['train', '--base', base, '--out', out, '--samples', '1280'],
    ['reproduce', 'table4', '--data', at('data'), '--out', join(disk, 'tables'), '--limit', '600', '--samples', '512'],
  ];
  for (const argv of works) {
    for (const room of [0, 20_000, SIZE]) {
      yield {
        kind: 'full disk',
        what: `cnt ${argv[0]} ${argv.includes('hnsw') ? 'hnsw ' : ''}with ${room} bytes of room`,
        run: () => withRoom(disk, room, argv),
      };
    }
  }
}

async function withRoom(disk: string, room: number, argv: readonly string[]): Promise<Verdict> {
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  const older = argv[argv.indexOf('--out') + 1]!;
  const isFile = !older.endsWith('generated') && !older.endsWith('tables');
  if (isFile) writeFileSync(older, 'older');
  const { bfree, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filling'), new Uint8Array(Math.max(0, bfree * bsize - room)));
  const { status, err } = await runCnt(argv);
  const names = readdirSync(disk, { recursive: true, encoding: 'utf8' });
  const stray = names.find((name) => name.endsWith('.tmp'));
  if (stray !== undefined) return { ending: 'silent', detail: `${stray} is left behind` };
  // A training may find no room for a checkpoint, say so, and have room for the model.
  if (status === 0) return right;
  const line = lastLine(err);
  if (status !== 1) return { ending: 'crash', detail: `status ${status}: ${line}` };
  if (isFile && readFileSync(older, 'latin1') !== 'older')
    return { ending: 'silent', detail: 'the older file is gone' };
  if (!/full disk|ENOSPC/.test(line)) return { ending: 'crash', detail: `not a word of the disk: ${line}` };
  return verdictOfLine(line);
}
