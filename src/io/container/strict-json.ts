import type { JsonObject, JsonValue } from '../../tensor/named-arrays.ts';
import { FileError, quoted } from '../file/file-error.ts';

/** Deeper nesting than any header of ours, and shallow enough for recursion. */
const DEEPEST = 32;

/**
 * Parses a JSON object of a file header, refusing what `JSON.parse` lets through: keys given twice, a `__proto__`
 * key, deep nesting. Numbers beyond float64 come as infinities, which no validator of ours accepts.
 *
 * @param offset byte of the file where the text begins
 * @throws {FileError} on anything but such an object
 */
export function parseJsonObject(bytes: Uint8Array, path: string, offset: number): JsonObject {
  let text: string;
  let value: JsonValue;
  try {
    // A copy: browsers refuse to decode shared memory.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
    value = JSON.parse(text);
  } catch (cause) {
    throw new FileError(path, `expected a JSON header of ${bytes.length} bytes, got other text`, { offset, cause });
  }
  if (!isJsonObject(value))
    throw new FileError(path, 'expected a JSON object as header, got another value', { offset });
  requireStrict(text, path, offset);
  return value;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks over text that is known to be JSON: brackets and strings are all there is to see. */
function requireStrict(text: string, path: string, offset: number): void {
  const fault = (expected: string, got: string) => new FileError(path, `expected ${expected}, got ${got}`, { offset });
  const open: (Set<string> | undefined)[] = []; // the keys so far of each open object; undefined for a list
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    const end = char === '"' ? endOfString(text, at) : at + 1;
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined);
      if (open.length > DEEPEST) throw fault(`a JSON header at most ${DEEPEST} levels deep`, 'more');
    } else if (char === '}' || char === ']') open.pop();
    else if (char === '"' && isKey(text, end)) {
      const key: string = JSON.parse(text.slice(at, end));
      const keys = open.at(-1)!;
      if (key === '__proto__') throw fault('a JSON header without __proto__', 'such a key');
      if (keys.has(key)) throw fault('each key of the JSON header once', `${quoted(key)} twice`);
      keys.add(key);
    }
    at = end;
  }
}

/** The place after the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** Whether a colon is the next thing after spaces. */
function isKey(text: string, at: number): boolean {
  let next = at;
  while (' \t\n\r'.includes(text[next]!)) next++;
  return text[next] === ':';
}

/**
 * JSON with the keys of every object sorted and no spaces: equal values give equal text.
 *
 * @param where what is written, for the error
 * @throws {TypeError} on a value that JSON has no word for, or on a `__proto__` key
 */
export function canonicalJson(value: JsonValue, where: string, depth = 0): string {
  if (depth > DEEPEST) throw new TypeError(`${where}: expected values at most ${DEEPEST} levels deep, got more.`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, where, depth + 1)).join(',')}]`;
  if (isJsonObject(value) && isPlain(value)) {
    const keys = Object.keys(value).sort();
    if (keys.includes('__proto__')) throw new TypeError(`${where}: expected no key __proto__, got one.`);
    const members = keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!, where, depth + 1)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`${where}: expected a JSON value, got ${String(value)}.`);
}

/** Typed arrays, dates and maps are objects too, but JSON would lose them. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
