import { spawn } from 'node:child_process';
import { throwIfInterrupted } from './failures.ts';

/**
 * Runs commands in processes of their own, `atOnce` at a time, in order. The first that fails ends the others.
 *
 * @param commands arguments of Node, one list a process
 * @param onDone called with how many have ended
 * @throws {Error} with the last line that a failing process wrote to stderr
 * @throws {InterruptedError} once the signal has been given and all have ended
 */
export async function runProcesses(
  commands: readonly (readonly string[])[],
  atOnce: number,
  signal: AbortSignal,
  onDone: (done: number) => void,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  let [next, done] = [0, 0];
  const lane = async (): Promise<void> => {
    while (next < commands.length && !stop.aborted) {
      const command = commands[next++]!;
      try {
        await runProcess(command, stop);
      } catch (error) {
        if (!stop.aborted) failed.abort(error);
        return;
      }
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, commands.length) }, lane));
  throwIfInterrupted(signal);
  failed.signal.throwIfAborted();
}

/** One process, whose stdout is not wanted; ended by SIGTERM once `stop` is given. */
function runProcess(command: readonly string[], stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    const end = () => child.kill();
    stop.addEventListener('abort', end);
    let lastLine = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastLine = text.trim().split('\n').at(-1) || lastLine;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      stop.removeEventListener('abort', end);
      if (status === 0) resolve();
      else
        reject(new Error(lastLine === '' ? `a process ended with status ${status}.` : lastLine.replace(/^cnt: /, '')));
    });
  });
}
