import type { OwnIds } from '../../../index/search/search-result.ts';
import type { IdOfRow } from '../../../io/result-text.ts';
import type { Ids } from '../../../tensor/nearest/neighbors.ts';
import { UsageError } from '../../arguments/usage-error.ts';

/**
 * How rows are called in text: by their own ids, if they have any. Whole numbers are texts where not all of them are exact as numbers of
 * JavaScript, so that no reader of JSON rounds them.
 */
export function idOfRow(ownIds: OwnIds | undefined): IdOfRow | undefined {
  if (!ownIds) return undefined;
  if (!(ownIds instanceof BigInt64Array)) return (row) => ownIds[row]!;
  const exact = ownIds.every((id) => BigInt.asIntN(54, id) === id);
  return (row) => (exact ? Number(ownIds[row]) : String(ownIds[row]));
}

/**
 * Checks, before a search, that a table of 32-bit ids can hold these.
 *
 * @throws {UsageError} if it cannot: what can
 */
export function requireTableIds(ownIds: OwnIds, out: string): void {
  const wrong = ownIds instanceof BigInt64Array ? ownIds.find((id) => id < 0n || id > 2147483647n) : ownIds[0];
  if (wrong === undefined) return;
  const got = typeof wrong === 'bigint' ? String(wrong) : JSON.stringify(wrong.slice(0, 40));
  const expected = 'own ids from 0 to 2^31 - 1 in a table, or a .json, .csv or .txt file';
  throw new UsageError(`--out: expected ${expected}, got ${got} for ${out}.`);
}

/** Answers with own ids, which a table can hold, in place of rows. */
export function tableIds(ids: Ids, ownIds: OwnIds | undefined): Ids {
  if (!ownIds) return ids;
  return { ...ids, data: ids.data.map((row) => (row < 0 ? row : Number(ownIds[row]))) };
}
