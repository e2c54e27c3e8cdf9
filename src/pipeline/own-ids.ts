import type { OwnIds } from '../index/search/search-result.ts';
import { type NamedArray, requireArray } from '../tensor/named-arrays.ts';

type Arrays = ReadonlyMap<string, NamedArray>;

/** Whole numbers as pairs of 32 bits, the lower ones first; texts in UTF-8, one a line. */
const NUMBERS = 'ids';
const TEXTS = 'idTexts';

/**
 * Checks that there is one id for each row, and none twice: an answer would not say which row is meant.
 *
 * @param where begins messages
 * @throws {RangeError} if there are fewer or more than rows, one is there twice, or a text is empty, has a line break or is no Unicode
 */
export function requireOwnIds(ids: OwnIds, rows: number, where: string): void {
  if (ids.length !== rows) throw new RangeError(`${where}: expected ${rows} ids, one for each row, got ${ids.length}.`);
  const rowOf = new Map<bigint | string, number>();
  for (let row = 0; row < rows; row++) {
    const id = ids[row]!;
    if (typeof id === 'string') requireText(id, row, where);
    const earlier = rowOf.get(id);
    if (earlier !== undefined) {
      throw new RangeError(`${where}: expected each id once, got ${shown(id)} for rows ${earlier} and ${row}.`);
    }
    rowOf.set(id, row);
  }
}

function requireText(id: string, row: number, where: string): void {
  const fault =
    id === '' ? 'an empty one' : /[\r\n]/.test(id) ? 'a line break' : /\p{Surrogate}/u.test(id) && 'half a pair';
  if (!fault) return;
  throw new RangeError(`${where}: expected ids that are texts of one line each, got ${fault} for row ${row}.`);
}

function shown(id: bigint | string): string {
  return typeof id === 'bigint' ? String(id) : JSON.stringify(id.length > 40 ? `${id.slice(0, 37)}...` : id);
}

/** Ids as an array of an archive, and its name. */
export function ownIdsArray(ids: OwnIds): readonly [name: string, array: NamedArray] {
  if (ids instanceof BigInt64Array) {
    const words = new Uint32Array(ids.slice().buffer);
    return [NUMBERS, { shape: [ids.length, 2], data: words }];
  }
  const bytes = new TextEncoder().encode(ids.join('\n'));
  return [TEXTS, { shape: [bytes.length], data: bytes }];
}

/** The ids that `ownIdsArray` gave, if there are any. @throws {RangeError} at the first thing that does not fit */
export function ownIdsOf(arrays: Arrays, rows: number, where: string): OwnIds | undefined {
  const ids = arrays.has(TEXTS)
    ? textsOf(arrays, rows, where)
    : arrays.has(NUMBERS)
      ? numbersOf(arrays, rows, where)
      : undefined;
  if (arrays.has(TEXTS) && arrays.has(NUMBERS)) throw new RangeError(`${where}: expected ids of one kind, got two.`);
  if (ids) requireOwnIds(ids, rows, where);
  return ids;
}

function numbersOf(arrays: Arrays, rows: number, where: string): OwnIds {
  const { data } = requireArray(arrays, NUMBERS, 'uint32', [rows, 2], where);
  return new BigInt64Array(data.slice().buffer as ArrayBuffer);
}

function textsOf(arrays: Arrays, rows: number, where: string): OwnIds {
  const { data } = requireArray(arrays, TEXTS, 'uint8', [undefined], where);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data.slice());
    return rows === 0 && text === '' ? [] : text.split('\n');
  } catch {
    throw new RangeError(`${where}: expected ids in UTF-8, got other bytes.`);
  }
}
