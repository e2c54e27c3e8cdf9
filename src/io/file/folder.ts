import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { asFileError } from './file-error.ts';

/** Creates a folder for results, with the folders above it, unless it is there. @throws {FileError} if it cannot be written */
export async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (cause) {
    throw asFileError(path, 'a folder that can be written', cause);
  }
}
