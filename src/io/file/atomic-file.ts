import { rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asFileError, FileError } from './file-error.ts';

/** Temporary files that exist now. */
const pending = new Set<string>();
let temporaries = 0;

/** One call to the operating system is bounded, so that an abort is noticed soon. */
const MOST_AT_ONCE = 1 << 24;

/**
 * Writes a file so that its name never stands for half a file: under a temporary name in the same folder, flushed
 * to the disk, then renamed. On any error, and on abort, the temporary file is removed and an older file of this
 * name stays as it was. Of several writers to one name the last to finish wins, whole.
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
  const target = await replaceable(path);
  const { file, temporary } = await createTemporary(path, dirname(target));
  try {
    try {
      await fill((bytes) => append(file, bytes, path, options.signal));
      options.signal?.throwIfAborted();
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asFileError(path, 'to write this file', cause);
  } finally {
    pending.delete(temporary);
  }
  await syncFolder(dirname(target));
}

/** Removes, at once, every temporary file that is being written: for a process about to end on a signal. */
export function removePendingFiles(): void {
  for (const temporary of pending) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // The process is ending, and one file that stays must not keep the others.
    }
  }
  pending.clear();
}

/** The file that a rename may replace: links are followed, and devices, pipes and folders are refused. */
async function replaceable(path: string): Promise<string> {
  if (basename(path) === '') throw new FileError(path, 'expected the name of a file to write, got none');
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new FileError(path, 'expected the name of a file to write, got a folder');
    if (!found.isFile()) throw new FileError(path, 'expected an ordinary file to write, got a device or pipe');
    return await realpath(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return path;
    throw asFileError(path, 'a name that can be written', cause);
  }
}

async function createTemporary(path: string, folder: string): Promise<{ file: FileHandle; temporary: string }> {
  for (;;) {
    const temporary = join(folder, `.cnt-${process.pid}-${++temporaries}.tmp`);
    pending.add(temporary);
    try {
      return { file: await open(temporary, 'wx'), temporary };
    } catch (cause) {
      pending.delete(temporary);
      // Left by a process of the same number, perhaps on another machine: not ours to touch.
      if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') continue;
      throw asFileError(path, `a folder that can be written, ${folder}`, cause);
    }
  }
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
