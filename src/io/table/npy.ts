import { FileError, quoted } from '../file/file-error.ts';
import type { FileElement } from './element.ts';

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  readonly element: FileElement;
  readonly shape: readonly number[];
  /** Byte where the values begin. */
  readonly dataOffset: number;
}

export const NPY_MAGIC = new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]); // \x93NUMPY

/** A header this long describes no plain array; numpy's own limit for a literal is 10,000. */
const LONGEST_HEADER = 1 << 16;

/** No header is read beyond this many bytes of the file. */
export const NPY_HEADER_BYTES = LONGEST_HEADER + 12;

const ELEMENT_OF: Readonly<Record<string, FileElement>> = {
  '<f2': 'float16',
  '<f4': 'float32',
  '<f8': 'float64',
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i8': 'int64',
  '<u8': 'uint64',
};

/**
 * Reads the header of a `.npy` file, versions 1 to 3, without ever evaluating it.
 *
 * Source: numpy, "NEP 1 / numpy.lib.format": magic, version, length of a Python dict literal, the literal.
 *
 * @param start the first bytes of the file, `NPY_HEADER_BYTES` of them or all
 * @throws {FileError} on anything but a C-ordered array of plain little-endian numbers
 */
export function parseNpyHeader(start: Uint8Array, path: string): NpyHeader {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (NPY_MAGIC.some((byte, i) => start[i] !== byte)) {
    throw new FileError(path, 'expected an .npy file to begin with \\x93NUMPY, got other bytes', { offset: 0 });
  }
  const major = start[6]!;
  if (major < 1 || major > 3 || start[7] !== 0) {
    throw new FileError(path, `expected .npy version 1.0, 2.0 or 3.0, got ${major}.${start[7]}`, { offset: 6 });
  }
  const literal = major === 1 ? 10 : 12;
  if (start.length < literal) throw truncated(path, literal, start.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) {
    throw new FileError(path, `expected an .npy header of at most ${LONGEST_HEADER} bytes, got ${length}`, {
      offset: 8,
    });
  }
  if (start.length < literal + length) throw truncated(path, literal + length, start.length);
  const text = Array.from(start.subarray(literal, literal + length), (byte) => String.fromCharCode(byte)).join('');
  return { ...parseLiteral(text, path, literal), dataOffset: literal + length };
}

function truncated(path: string, expected: number, got: number): FileError {
  return new FileError(path, `expected ${expected} bytes of .npy header, got ${got}`, { offset: got });
}

/** The header of a C-ordered array, version 1.0, padded so that the values begin at a multiple of 64. */
export function formatNpyHeader(descr: '<f4' | '<i4', rows: number, cols: number): Uint8Array {
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const length = Math.ceil((10 + literal.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length).fill(0x20);
  bytes.set(NPY_MAGIC);
  bytes[6] = 1;
  bytes[7] = 0;
  new DataView(bytes.buffer).setUint16(8, length, true);
  for (let i = 0; i < literal.length; i++) bytes[10 + i] = literal.charCodeAt(i);
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

interface Token {
  readonly kind: 'text' | 'word' | 'number' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`, each key exactly once, in any order. */
function parseLiteral(text: string, path: string, offset: number): Omit<NpyHeader, 'dataOffset'> {
  const tokens = new Tokens(text, path, offset);
  let element: FileElement | undefined;
  let rowMajor = false;
  let shape: number[] | undefined;
  tokens.take('sign', '"{"', '{');
  while (!tokens.skip('}')) {
    const key = tokens.take('text', 'a key');
    tokens.take('sign', '":"', ':');
    if (key.text === 'descr' && element === undefined) {
      const descr = tokens.take('text', 'a plain element type');
      element = Object.hasOwn(ELEMENT_OF, descr.text) ? ELEMENT_OF[descr.text] : undefined;
      if (!element) throw tokens.fault(`an element type of ${Object.keys(ELEMENT_OF).join(' ')}`, descr);
    } else if (key.text === 'fortran_order' && !rowMajor) {
      tokens.take('word', 'fortran_order False (numpy.ascontiguousarray makes it so)', 'False');
      rowMajor = true;
    } else if (key.text === 'shape' && shape === undefined) shape = parseShape(tokens);
    else throw tokens.fault('descr, fortran_order and shape, once each,', key);
    if (!tokens.sees('}')) tokens.take('sign', '"," or "}"', ',');
  }
  const end = tokens.take('end', 'nothing after "}"');
  if (!element || !rowMajor || !shape) throw tokens.fault('descr, fortran_order and shape, once each,', end);
  return { element, shape };
}

/** `(3, 2)`, `(3,)` or `()`. */
function parseShape(tokens: Tokens): number[] {
  const shape: number[] = [];
  tokens.take('sign', '"("', '(');
  while (!tokens.skip(')')) {
    const size = tokens.take('number', 'a size');
    if (!Number.isSafeInteger(Number(size.text))) throw tokens.fault('a size below 2^53', size);
    shape.push(Number(size.text));
    if (!tokens.sees(')')) tokens.take('sign', '"," or ")"', ',');
  }
  return shape;
}

class Tokens {
  readonly #tokens: Token[] = [];
  readonly #path: string;
  readonly #offset: number;
  #next = 0;

  constructor(text: string, path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
    const pattern = /[ \n]*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)|([A-Za-z_]+)|([^ \n]))/y;
    for (let match: RegExpExecArray | null; (match = pattern.exec(text)); ) {
      const [, single, double, number, word, sign] = match;
      const kind = number !== undefined ? 'number' : word !== undefined ? 'word' : sign !== undefined ? 'sign' : 'text';
      const body = single ?? double ?? number ?? word ?? sign ?? '';
      this.#tokens.push({ kind, text: body, at: pattern.lastIndex - body.length });
    }
    this.#tokens.push({ kind: 'end', text: '', at: text.length });
  }

  /** The next token, which must be of this kind (and text). */
  take(kind: Token['kind'], expected: string, text?: string): Token {
    const token = this.#tokens[this.#next]!;
    if (token.kind !== kind || (text !== undefined && token.text !== text)) throw this.fault(expected, token);
    this.#next++;
    return token;
  }

  sees(sign: string): boolean {
    const token = this.#tokens[this.#next]!;
    return token.kind === 'sign' && token.text === sign;
  }

  skip(sign: string): boolean {
    const seen = this.sees(sign);
    if (seen) this.#next++;
    return seen;
  }

  fault(expected: string, token: Token): FileError {
    const got = token.kind === 'end' ? 'its end' : quoted(token.text);
    return new FileError(this.#path, `expected ${expected} in the .npy header, got ${got}`, {
      offset: this.#offset + token.at,
    });
  }
}
