#!/usr/bin/env node
import { asFileError } from '../io/file/file-error.ts';
import { removePendingFiles } from '../io/file/temporary-file.ts';
import { main } from './program.ts';
import { EXIT, InterruptedError, messageOf } from './session/failures.ts';
import { machineMemory } from './session/machine-memory.ts';

/** The first signal, a closed terminal included, lets the command end in order; the second ends it at once. Neither leaves a half-written file. */
function interruptOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        removePendingFiles();
        process.exit(EXIT.interrupted);
      }
      controller.abort(new InterruptedError());
    });
  }
  return controller.signal;
}

/** A reader that has seen enough (`cnt … | head`) closes the pipe: that is no failure. A full disk behind stdout is one. */
function watchOutputs(): { readonly isRead: () => boolean } {
  let read = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    read = false;
    if (error.code === 'EPIPE') return;
    process.stderr.write(`cnt: ${messageOf(asFileError('stdout', 'to write the results', error))}\n`);
    process.exit(EXIT.failed);
  });
  process.stderr.on('error', () => {}); // there is nowhere left to say so
  return { isRead: () => read };
}

const { isRead } = watchOutputs();
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  drained: () => new Promise((resolve) => process.stdout.write('', () => resolve(isRead()))),
  err: (text) => process.stderr.write(text),
  columns: process.stderr.isTTY ? process.stderr.columns || 80 : undefined,
  now: () => Number(process.hrtime.bigint()) / 1e9,
  memory: machineMemory,
  signal: interruptOnSignals(),
  env: process.env,
});
