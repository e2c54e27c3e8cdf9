import type { HnswCheckpoints } from '../../graph/hnsw/checkpoint.ts';
import { digestMatrix } from '../../io/digest.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import type { Session } from '../session/command.ts';
import { withCheckpoint } from './checkpoint-file.ts';

/** A graph under construction is stored no more often: at 1,000,000 points its arrays are some hundred megabytes. */
const SECONDS_BETWEEN = 120;

/**
 * Builds a graph with a checkpoint beside the index, written every two minutes and when the user interrupts.
 *
 * @param vectors that the graph is built on
 * @param resume go on from the checkpoint, if there is one
 * @throws as `withCheckpoint`
 */
export function withGraphCheckpoints<T>(
  indexPath: string,
  vectors: Vectors,
  resume: boolean,
  session: Session,
  build: (checkpoints: HnswCheckpoints) => Promise<T>,
): Promise<T> {
  return withCheckpoint(indexPath, resume, session, ({ last, store }) => {
    let storedAt = session.now();
    return build({
      input: () => digestMatrix(vectors),
      last,
      due: () => session.now() - storedAt >= SECONDS_BETWEEN,
      async store(checkpoint) {
        await store(checkpoint);
        storedAt = session.now();
      },
    });
  });
}
