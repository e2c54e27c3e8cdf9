/** `cnt` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly err: string;
  readonly seconds: number;
}

/** @param onStart is given the process */
export function runCnt(argv: readonly string[], onStart: (child: ChildProcess) => void = () => {}): Promise<Ended> {
  const begin = process.hrtime.bigint();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr!.on('data', (text) => {
    err += text;
  });
  onStart(child);
  return new Promise((resolve) =>
    child.on('close', (status) => {
      resolve({ status, err, seconds: Number(process.hrtime.bigint() - begin) / 1e9 });
    }),
  );
}

/** What a failed command says: its last line; notes may stand before it. A stack is all of it. */
export function lastLine(err: string): string {
  const lines = err.trimEnd().split('\n');
  return lines.some((line) => /^\s+at /.test(line)) ? err : lines.at(-1)!;
}
