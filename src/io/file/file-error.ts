/** A file that could not be read or written: one line that says what was expected, what came, and where. */
export class FileError extends Error {
  readonly path: string;
  /** Byte in the file where the fault was seen, when there is one. */
  readonly offset: number | undefined;

  /** @param fault `expected <what>, got <value>`; path, offset and full stop are added here */
  constructor(path: string, fault: string, options: { offset?: number; cause?: unknown } = {}) {
    const at = options.offset === undefined ? '' : ` (byte ${options.offset})`;
    super(`${oneLine(path)}: ${fault}${at}.`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FileError';
    this.path = path;
    this.offset = options.offset;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota used up',
  EEXIST: 'a file of that name',
  EFBIG: 'a file too large for this file system',
  EIO: 'an input/output error of the device',
  EISDIR: 'a folder',
  ELOOP: 'a loop of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'a name that is too long',
  ENFILE: 'too many open files',
  ENOENT: 'none',
  ENOSPC: 'a full disk',
  ENOTDIR: 'a path through something that is no folder',
  EPERM: 'permission denied',
  EROFS: 'a read-only file system',
};

/** Turns what the operating system threw into a FileError; anything else is returned as it is. */
export function asFileError(path: string, expected: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (!/^E[A-Z0-9]+$/.test(code)) return cause;
  const reason = REASONS[code];
  return new FileError(path, `expected ${expected}, got ${reason ? `${reason} (${code})` : code}`, { cause });
}

/** A value that came out of a file, quoted, on one line and short. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function oneLine(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file name may hold any of them
  return path.replace(/[\u0000-\u001f\u007f]/g, '?');
}
