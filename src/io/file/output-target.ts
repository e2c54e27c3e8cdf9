import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { asFileError, FileError } from './file-error.ts';

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** The file that an output will replace, or be. */
export interface OutputTarget {
  /** Behind all links. */
  readonly path: string;
  /** Of the file that is there, if one is. */
  readonly found: Stats | undefined;
}

/**
 * Where the bytes of an output go: links are followed, also to a file that is not there yet.
 *
 * @throws {FileError} if that is a folder, a device or a pipe, or cannot be a file
 */
export async function outputTarget(path: string): Promise<OutputTarget> {
  if (basename(path) === '') throw new FileError(path, 'expected the name of a file to write, got none');
  try {
    const target = await behindLinks(path);
    const found = await orNone(stat(target));
    if (found?.isDirectory()) throw new FileError(path, 'expected the name of a file to write, got a folder');
    if (found && !found.isFile()) throw new FileError(path, 'expected an ordinary file to write, got a device or pipe');
    return { path: target, found };
  } catch (cause) {
    throw asFileError(path, 'a name that can be written', cause);
  }
}

/** The one of these files that an output would replace, under whatever name. */
export async function inputBehind({ found }: OutputTarget, inputs: readonly string[]): Promise<string | undefined> {
  for (const input of inputs) {
    const read = await stat(input).catch(() => undefined);
    if (found && read?.dev === found.dev && read.ino === found.ino) return input;
  }
  return undefined;
}

async function behindLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; (await orNone(lstat(target)))?.isSymbolicLink(); links++) {
    if (links === MOST_LINKS) throw Object.assign(new Error(path), { code: 'ELOOP' });
    // The folder first: `..` in a link means the one above the folder itself, not above a link to it.
    const folder = await realpath(dirname(target));
    target = resolve(folder, await readlink(target));
  }
  return target;
}

async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}
