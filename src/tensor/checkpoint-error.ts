/** A checkpoint that is damaged, or of other work than the one that it shall continue. */
export class CheckpointError extends RangeError {}

/** What `restore` makes of a checkpoint. @throws {CheckpointError} in place of any RangeError */
export function restored<T>(restore: () => T): T {
  try {
    return restore();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CheckpointError(cause.message, { cause });
  }
}
