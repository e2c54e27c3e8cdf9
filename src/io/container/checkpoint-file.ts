import type { Archive } from '../../tensor/named-arrays.ts';
import { FileError } from '../file/file-error.ts';
import { writeArchive } from './archive-file.ts';

/**
 * Writes a checkpoint, or says why not: work of hours does not end because the disk is full. An older checkpoint stays.
 *
 * @param note where the reason is said
 * @returns whether it is written
 */
export async function writeCheckpoint(
  path: string,
  checkpoint: Archive,
  note: (line: string) => void,
): Promise<boolean> {
  try {
    await writeArchive(path, checkpoint);
    return true;
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    note(`${cause.message} Work goes on without this checkpoint.`);
    return false;
  }
}
