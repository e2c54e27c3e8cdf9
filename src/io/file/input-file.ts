import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { asFileError, FileError } from './file-error.ts';
import { requirePath } from './path.ts';

/** One call to the operating system reads at most this much: some systems stop at 2 GiB. */
const MOST_AT_ONCE = 1 << 26;

/** An ordinary file, read by position, so that its size never matters. */
export class InputFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws {FileError} if there is no such file, or it is a folder, a device, or closed to us */
  static async open(path: string): Promise<InputFile> {
    requirePath(path);
    try {
      // Before opening: to open a pipe would wait for its other end.
      const found = await stat(path);
      if (!found.isFile()) {
        throw new FileError(path, `expected a file, got ${found.isDirectory() ? 'a folder' : 'a device or pipe'}`);
      }
      const handle = await open(path, 'r');
      return new InputFile(path, (await handle.stat()).size, handle);
    } catch (cause) {
      throw asFileError(path, 'a file that can be read', cause);
    }
  }

  /**
   * Fills `bytes` with what begins at `offset`.
   *
   * @throws {FileError} if the file ends before, as when it is cut while it is read
   */
  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const wanted = Math.min(MOST_AT_ONCE, bytes.length - done);
      const got = await this.#read(bytes, done, wanted, offset + done);
      if (got === 0) {
        const fault = `expected ${bytes.length} bytes from byte ${offset}, got the end of the file`;
        throw new FileError(this.path, fault, { offset: offset + done });
      }
      done += got;
    }
  }

  /** The bytes from `offset` on, `length` of them. @throws {FileError} as `readInto`, or if memory does not hold them */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = allocate(this.path, () => new Uint8Array(length), length);
    await this.readInto(bytes, offset);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #read(bytes: Uint8Array, at: number, length: number, position: number): Promise<number> {
    try {
      return (await this.#handle.read(bytes, at, length, position)).bytesRead;
    } catch (cause) {
      throw asFileError(this.path, 'to read this file', cause);
    }
  }
}

/** What `make` allocates. @throws {FileError} where the engine has no room for it */
export function allocate<A>(path: string, make: () => A, bytes: number): A {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FileError(path, `expected room for ${bytes} bytes in memory, got none`, { cause });
  }
}

/** Opens, uses and in any case closes a file. */
export async function withInput<T>(path: string, use: (file: InputFile) => Promise<T>): Promise<T> {
  const file = await InputFile.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
