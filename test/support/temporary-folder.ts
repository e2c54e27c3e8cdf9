import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FileError } from '../../src/io/file/file-error.ts';

/** A folder for one test file, removed when its process ends. */
export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'cnt-io-'));

  constructor() {
    chmodSync(this.path, 0o755);
    process.on('exit', () => rmSync(this.path, { recursive: true, force: true }));
  }

  /** The path of a file in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** A file of these bytes. */
  file(name: string, bytes: Uint8Array | string): string {
    writeFileSync(this.at(name), bytes);
    return this.at(name);
  }

  names(): string[] {
    return readdirSync(this.path).sort();
  }
}

/** The one-line message of the FileError that must come. */
export async function faultOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    assert.not.match(error.message, /\n/);
    assert.ok(error.message.startsWith(`${error.path}: `), error.message);
    return error.message.slice(error.path.length + 2);
  }
  return assert.unreachable('expected a FileError') as never;
}

/** The message of the error of this class that must come. */
export async function errorOf(kind: new (message: string) => Error, attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof kind) return error.message;
    throw error;
  }
  return assert.unreachable(`expected a ${kind.name}`) as never;
}

/** Success or a FileError; anything else, such as a RangeError out of an engine, is a fault of the reader. */
export async function survives(attempt: () => unknown, what: string): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    assert.instance(error, FileError, `${what}: ${error}`);
    return false;
  }
}

/** Every cut of a file, and every byte of it changed in three ways. */
export function* damaged(bytes: Uint8Array): Generator<{ readonly what: string; readonly bytes: Uint8Array }> {
  for (let length = 0; length < bytes.length; length++) {
    yield { what: `cut to ${length} of ${bytes.length} bytes`, bytes: bytes.slice(0, length) };
  }
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const copy = bytes.slice();
      copy[at]! ^= mask;
      yield { what: `byte ${at} changed by ${mask}`, bytes: copy };
    }
  }
  yield { what: 'a byte more', bytes: Uint8Array.from([...bytes, 0]) };
}

/** Runs `attempt` with no more rights than any user has, also where the tests run as root. */
export async function asNobody(attempt: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return attempt();
  process.seteuid!(65534);
  try {
    await attempt();
  } finally {
    process.seteuid!(0);
  }
}
