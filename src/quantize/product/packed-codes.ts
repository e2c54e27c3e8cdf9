/**
 * Codes of m numbers with `bits` bits each in one bit stream a vector, the lowest bits first, the last byte filled up with zeros.
 *
 * Source: faiss 1.7.3 `PQEncoderGeneric`, `PQDecoderGeneric`.
 */

/** Bytes of a packed code. */
export function codeBytes(m: number, bits: number): number {
  return Math.ceil((m * bits) / 8);
}

/** @param numbers (rows, m), one a byte; returned as they are where a number has 8 bits @returns (rows, codeBytes) */
export function packCodes(numbers: Uint8Array, rows: number, m: number, bits: number): Uint8Array {
  if (bits === 8) return numbers;
  const width = codeBytes(m, bits);
  const packed = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let s = 0; s < m; s++) {
      const place = s * bits;
      const value = numbers[row * m + s]! << (place & 7);
      const byte = row * width + (place >> 3);
      packed[byte]! |= value & 255;
      if (value > 255) packed[byte + 1]! |= value >> 8;
    }
  }
  return packed;
}

/** @param packed (rows, codeBytes) @returns (rows, m), one number a byte; `packed` itself where a number has 8 bits */
export function unpackCodes(packed: Uint8Array, rows: number, m: number, bits: number): Uint8Array {
  if (bits === 8) return packed;
  const width = codeBytes(m, bits);
  const mask = (1 << bits) - 1;
  const numbers = new Uint8Array(rows * m);
  for (let row = 0; row < rows; row++) {
    for (let s = 0; s < m; s++) {
      const place = s * bits;
      const byte = place >> 3;
      const next = byte + 1 < width ? packed[row * width + byte + 1]! : 0;
      numbers[row * m + s] = ((packed[row * width + byte]! | (next << 8)) >> (place & 7)) & mask;
    }
  }
  return numbers;
}

/** Checks that the bits that fill up the last byte of each code are zero. @throws {RangeError} naming the first that is not */
export function requireFilledWithZeros(packed: Uint8Array, m: number, bits: number, where: string): void {
  const width = codeBytes(m, bits);
  const used = m * bits - 8 * (width - 1);
  for (let row = 0; row * width < packed.length; row++) {
    const last = packed[(row + 1) * width - 1]!;
    if (last >> used !== 0) {
      throw new RangeError(`${where}: expected ${used} bits in the last byte of code ${row}, got ${last}.`);
    }
  }
}
