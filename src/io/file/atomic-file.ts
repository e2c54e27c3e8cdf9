import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asFileError, FileError } from './file-error.ts';
import { inputBehind, outputTarget } from './output-target.ts';
import { createTemporary, forgetTemporary, removeTemporary } from './temporary-file.ts';

/** One call to the operating system is bounded, so that an abort is noticed soon. */
const MOST_AT_ONCE = 1 << 24;
/** Of a new file, before the user's mask; and of one that will get that of the file it replaces. */
const NEW = 0o666;
const NOBODY_ELSE = 0o600;

/**
 * Writes a file so that its name never stands for half a file: under a temporary name in the same folder, flushed
 * to the disk, then renamed. On any error, and on abort, the temporary file is removed and an older file of this
 * name stays as it was. A file that is replaced passes its mode on, and its owner where that is permitted; a link stays,
 * and the file behind it is written. Of several writers to one name the last to finish wins, whole.
 *
 * @param fill is given `write`, which appends; it may be called any number of times, awaited each time
 * @throws {FileError} if the folder is missing or closed to us, the disk is full, or `path` is no ordinary file
 * @throws the signal's reason when aborted
 */
export async function writeAtomically(
  path: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const target = await outputTarget(path);
  const folder = dirname(target.path);
  const { file, temporary } = await createTemporary(path, folder, target.found ? NOBODY_ELSE : NEW);
  try {
    try {
      await fill((bytes) => append(file, bytes, path, options.signal));
      options.signal?.throwIfAborted();
      if (target.found) await passOn(target.found, file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target.path);
    forgetTemporary(temporary);
  } catch (cause) {
    await removeTemporary(temporary);
    throw asFileError(path, 'to write this file', cause);
  }
  await syncFolder(folder);
}

/**
 * Tries out, before any long work, whether a file can be written later, and that no input would be lost by it; leaves nothing behind.
 *
 * @param inputs files that are read
 * @throws {FileError} if it is one of them, through whatever link, or as `writeAtomically`
 */
export async function requireOutput(path: string, inputs: readonly string[]): Promise<void> {
  const target = await outputTarget(path);
  const input = await inputBehind(target, inputs);
  if (input !== undefined) throw new FileError(path, `expected another file than those that are read, got ${input}`);
  const { file, temporary } = await createTemporary(path, dirname(target.path), NOBODY_ELSE);
  await file.close();
  await removeTemporary(temporary);
}

/** Gives a file the owner and mode of the one that it replaces, as far as that is permitted and the system has them. */
async function passOn({ uid, gid, mode }: Stats, file: FileHandle): Promise<void> {
  const ignore = (): void => {};
  await file.chown(uid, gid).catch(() => file.chown(-1, gid).catch(ignore));
  await file.chmod(mode & 0o777).catch(ignore);
}

async function append(file: FileHandle, bytes: Uint8Array, path: string, signal?: AbortSignal): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    signal?.throwIfAborted();
    const { bytesWritten } = await file.write(bytes, done, Math.min(MOST_AT_ONCE, bytes.length - done));
    if (bytesWritten === 0) throw new FileError(path, 'expected to write this file, got no room for a single byte');
    done += bytesWritten;
  }
}

/** Makes the new name last; some systems cannot open or flush a folder, and then the rename alone must do. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The file itself is whole and flushed.
  }
}
