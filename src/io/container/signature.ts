/** How an archive begins; as in PNG, a text-mode copy or a 7-bit channel breaks it visibly. */
export const ARCHIVE_MAGIC = new Uint8Array([0x89, 0x43, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether a file begins as an archive does. */
export function isArchive(start: Uint8Array): boolean {
  return start.length >= ARCHIVE_MAGIC.length && ARCHIVE_MAGIC.every((byte, i) => start[i] === byte);
}

/** Whether a file of this size begins as safetensors do: with the length of a header that fits, and the header's first byte. */
export function isSafetensors(start: Uint8Array, size: number): boolean {
  if (start.length < 9 || start[8] !== 0x7b) return false;
  return new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true) <= BigInt(size - 8);
}

/** What a file that is not what was asked for is instead, and what makes the right one of it; `undefined` where it does not show. */
export function otherContent(start: Uint8Array, size: number, path: string): string | undefined {
  if (isArchive(start)) return 'an index or a checkpoint (cnt inspect says which)';
  if (isSafetensors(start, size)) return 'a model, which cnt train writes and --model takes';
  const table = /\.([fbi]vecs|npy|fbin|u8bin|i8bin|ibin)$/i.exec(path);
  return table ? `vectors or ids (${table[0]}), of which cnt train makes models and cnt build indexes` : undefined;
}
