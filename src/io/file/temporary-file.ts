import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asFileError } from './file-error.ts';

/** Another machine's process may be slow, but it does not leave a file untouched for a day. */
const DAY = 24 * 60 * 60 * 1000;

/** Temporary files that exist now. */
const pending = new Set<string>();
/** Folders that were swept. */
const swept = new Set<string>();
let temporaries = 0;

/** What the number of a process is one of: a machine since it was started, and a container. */
const HOST = hostTag();

/** `.cnt-<host>-<process>-<n>.tmp`; version 0.1.0 had no host. */
const NAME = /^\.cnt-(?:(.+)-)?(\d+)-\d+\.tmp$/;

/**
 * Creates an empty file of a name of its own, and removes those that killed processes left in the folder.
 *
 * @param path of the output, for errors
 * @throws {FileError} if the folder is missing or closed to us
 */
export async function createTemporary(
  path: string,
  folder: string,
  mode: number,
): Promise<{ file: FileHandle; temporary: string }> {
  for (;;) {
    const temporary = join(folder, `.cnt-${HOST}-${process.pid}-${++temporaries}.tmp`);
    pending.add(temporary);
    try {
      const file = await open(temporary, 'wx', mode);
      await sweep(folder, file);
      return { file, temporary };
    } catch (cause) {
      pending.delete(temporary);
      if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') continue;
      throw asFileError(path, `a folder that can be written, ${folder}`, cause);
    }
  }
}

/** Removes a temporary file, unless it has been renamed. */
export async function removeTemporary(temporary: string): Promise<void> {
  await rm(temporary, { force: true }).catch(() => undefined);
  forgetTemporary(temporary);
}

/** To be called when a temporary file has been renamed. */
export function forgetTemporary(temporary: string): void {
  pending.delete(temporary);
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

/**
 * Once for each folder: removes temporary files of processes that are no more, and of other hosts those that are a day old.
 *
 * @param written just now, there
 */
async function sweep(folder: string, written: FileHandle): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  const { mtimeMs: now } = await written.stat(); // by the clock of the disk, which is that of the others too
  for (const name of await readdir(folder).catch(() => [])) {
    const [, host, id] = NAME.exec(name) ?? [];
    if (id === undefined) continue;
    const path = join(folder, name);
    try {
      const found = await lstat(path);
      if (!found.isFile()) continue;
      const judged = host === HOST && Number(id) !== process.pid; // of our number there may have been others before
      const left = judged ? !isAlive(Number(id)) : found.mtimeMs < now - DAY;
      if (left) await rm(path, { force: true });
    } catch {
      // Somebody else's, or gone: nothing that keeps us from writing.
    }
  }
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (cause) {
    return !(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH');
  }
}

function hostTag(): string {
  const started = known(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const container = known(() => readlinkSync('/proc/self/ns/pid'));
  const rest = createHash('sha256').update(`${started} ${container}`).digest('hex').slice(0, 8);
  return `${hostname()
    .replace(/[^A-Za-z0-9_.]/g, '_')
    .slice(0, 64)}-${rest}`;
}

/** What Linux tells, and other systems do not. */
function known(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
