import { rm } from 'node:fs/promises';
import type { HnswCheckpoints } from '../../graph/hnsw/checkpoint.ts';
import { readArchive, writeArchive } from '../../io/container/archive-file.ts';
import { digestMatrix } from '../../io/digest.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { fileExists } from '../input/checks.ts';
import type { Session } from '../session/command.ts';
import { InterruptedError, isInterruption } from '../session/failures.ts';

/** A graph under construction is stored no more often: at 1,000,000 points its arrays are some hundred megabytes. */
const SECONDS_BETWEEN = 120;

/** Where a graph is kept until its index is finished. */
function checkpointPath(indexPath: string): string {
  return `${indexPath}.checkpoint`;
}

/**
 * Builds a graph with a checkpoint beside the index, written every two minutes and when the user interrupts. Once the index is
 * written, `removeGraphCheckpoint` takes it away.
 *
 * @param vectors that the graph is built on
 * @param resume go on from the checkpoint, if there is one
 * @throws {InterruptedError} when the user interrupts, saying whether there is a checkpoint
 */
export async function withGraphCheckpoints<T>(
  indexPath: string,
  vectors: Vectors,
  resume: boolean,
  session: Session,
  build: (checkpoints: HnswCheckpoints) => Promise<T>,
): Promise<T> {
  const path = checkpointPath(indexPath);
  const found = await fileExists(path);
  if (found && !resume) session.note(`${path}: replaced, because --resume is not given.`);
  if (!found && resume) session.note(`${path}: expected a checkpoint, got none; building from the beginning.`);
  const last = found && resume ? await readArchive(path, { signal: session.signal }) : undefined;
  let stored = last !== undefined;
  let storedAt = session.now();
  try {
    return await build({
      input: () => digestMatrix(vectors),
      last,
      due: () => session.now() - storedAt >= SECONDS_BETWEEN,
      async store(checkpoint) {
        // Not given the signal: an interruption is what it is written for.
        await writeArchive(path, checkpoint);
        stored = true;
        storedAt = session.now();
      },
    });
  } catch (error) {
    if (!isInterruption(error) || !stored) throw error;
    throw new InterruptedError(`interrupted; the same command with --resume continues from ${path}.`);
  }
}

/** To be called when the index is safely written. */
export async function removeGraphCheckpoint(indexPath: string): Promise<void> {
  await rm(checkpointPath(indexPath), { force: true });
}
