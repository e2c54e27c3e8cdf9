import { rm } from 'node:fs/promises';
import { readArchive, readArchiveHeader } from '../../io/container/archive-file.ts';
import { writeCheckpoint } from '../../io/container/checkpoint-file.ts';
import { FileError } from '../../io/file/file-error.ts';
import { withInput } from '../../io/file/input-file.ts';
import { outputTarget } from '../../io/file/output-target.ts';
import { CheckpointError } from '../../tensor/checkpoint-error.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { fileExists, requireWritable } from '../input/checks.ts';
import type { Session } from '../session/command.ts';
import { InterruptedError, isInterruption } from '../session/failures.ts';

function pathBeside(outPath: string): string {
  return `${outPath}.checkpoint`;
}

/**
 * Checks, before any work, that a checkpoint can be written beside an output without the loss of anything else.
 *
 * @param inputs files that the command reads
 * @throws {UsageError} if its name is that of an input
 * @throws {FileError} if it cannot be written, or its name is that of another file
 */
export async function requireCheckpointPlace(outPath: string, inputs: readonly string[]): Promise<void> {
  const path = pathBeside(outPath);
  await requireWritable(path, inputs);
  if (!(await fileExists(path))) return;
  const kind = await withInput(path, readArchiveHeader).then(
    (header) => header.kind,
    () => '',
  );
  if (kind.endsWith('-checkpoint')) return;
  throw new FileError(path, 'expected a checkpoint or no file, got another file; move it, or choose another --out');
}

/** How long work goes on from a checkpoint, and leaves the next ones. */
export interface Checkpoints {
  /** That of an earlier run, if it is to be continued. */
  readonly last: Archive | undefined;
  /** Does not fail where the disk is full: the older checkpoint stays, and a line says so. */
  store(checkpoint: Archive): Promise<void>;
}

/**
 * Does long work with a checkpoint beside its output. Once the output is written, `removeCheckpoint` takes it away.
 *
 * @param resume go on from the checkpoint, if there is one
 * @param work says how far it came in `done`, for the message of an interruption
 * @throws {RangeError} naming the checkpoint if it is damaged, or of other work
 * @throws {InterruptedError} when the user interrupts, saying whether there is a checkpoint
 */
export async function withCheckpoint<T>(
  outPath: string,
  resume: boolean,
  session: Session,
  work: (checkpoints: Checkpoints) => Promise<T>,
  done: () => string = () => '',
): Promise<T> {
  const path = pathBeside(outPath);
  const found = await fileExists(path);
  if (found && !resume) session.note(`${path}: replaced, because --resume is not given.`);
  if (!found && resume) session.note(`${path}: expected a checkpoint, got none; starting from the beginning.`);
  const last = found && resume ? await readArchive(path, { signal: session.signal }) : undefined;
  let stored = last !== undefined;
  try {
    return await work({
      last,
      async store(checkpoint) {
        // Not given the signal: an interruption is what it is written for.
        if (await writeCheckpoint(path, checkpoint, session.note)) stored = true;
      },
    });
  } catch (error) {
    if (error instanceof CheckpointError) throw new RangeError(`${path}: ${error.message}`, { cause: error });
    if (!isInterruption(error)) throw error;
    throw new InterruptedError(
      stored
        ? `interrupted${done()}; the same command with --resume continues from ${path}.`
        : `interrupted${done()}; there is no checkpoint yet.`,
    );
  }
}

/** To be called when the output is safely written. A link stays; what it leads to goes. */
export async function removeCheckpoint(outPath: string): Promise<void> {
  await rm((await outputTarget(pathBeside(outPath))).path, { force: true });
}
