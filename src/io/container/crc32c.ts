/**
 * CRC-32C (Castagnoli), eight bytes a step.
 *
 * Source: RFC 3720, Appendix B.4: reflected polynomial 0x82F63B78, initial value and final complement of all ones.
 * "Slicing by 8": Kounavis & Berry 2005; table t holds the CRC of a byte followed by t zero bytes.
 */
const TABLES = new Uint32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  TABLES[byte] = crc;
}
for (let i = 256; i < TABLES.length; i++) {
  const shorter = TABLES[i - 256]!;
  TABLES[i] = (shorter >>> 8) ^ TABLES[shorter & 255]!;
}

/** @param previous the checksum of the bytes before, to go on from; @returns the checksum as an unsigned integer */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const tables = TABLES;
  const whole = bytes.length & ~7;
  let crc = ~previous;
  let i = 0;
  for (; i < whole; i += 8) {
    const low = crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc =
      tables[1792 + (low & 255)]! ^
      tables[1536 + ((low >>> 8) & 255)]! ^
      tables[1280 + ((low >>> 16) & 255)]! ^
      tables[1024 + (low >>> 24)]! ^
      tables[768 + bytes[i + 4]!]! ^
      tables[512 + bytes[i + 5]!]! ^
      tables[256 + bytes[i + 6]!]! ^
      tables[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
