#!/usr/bin/env node
import { removePendingFiles } from '../io/atomic-file.ts';
import { EXIT, InterruptedError } from './failures.ts';
import { main } from './program.ts';

/** The first signal lets the command end in order; the second ends it at once. Neither leaves a half-written file. */
function interruptOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
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

/** A reader that has seen enough (`cnt … | head`) closes the pipe: that is no failure. */
function tolerateClosedPipes(): void {
  const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
  };
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
}

tolerateClosedPipes();
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: process.stderr.isTTY ? process.stderr.columns || 80 : undefined,
  now: () => Number(process.hrtime.bigint()) / 1e9,
  signal: interruptOnSignals(),
  env: process.env,
});
