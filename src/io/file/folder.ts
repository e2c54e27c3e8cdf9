import { constants, type Stats } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { asFileError } from './file-error.ts';

/** Creates a folder for results, with the folders above it, unless it is there. @throws {FileError} if it cannot be written */
export async function createFolder(path: string): Promise<void> {
  try {
    await createWithParents(resolve(path));
    await access(path, constants.W_OK);
  } catch (cause) {
    throw asFileError(path, 'a folder that can be written', cause);
  }
}

/** One by one: Node's own way never ends where a system answers that a folder is missing which is there, as /proc does. */
async function createWithParents(path: string): Promise<void> {
  if ((await found(path))?.isDirectory()) return;
  const above = dirname(path);
  if ((await found(above)) === undefined && above !== path) await createWithParents(above);
  try {
    await mkdir(path);
  } catch (cause) {
    if (!(await found(path))?.isDirectory()) throw cause; // else another process has made it just now
  }
}

function found(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
