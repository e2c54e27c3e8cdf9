/** Numbers as tables hold them, little-endian. */
export type FileElement =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

interface Element {
  readonly bytes: number;
  /** False for the floating-point types. */
  readonly integer: boolean;
  read(view: DataView, at: number): number;
}

/** 64-bit integers come rounded to the nearest double: exact wherever a reader accepts them. */
export const ELEMENTS: Readonly<Record<FileElement, Element>> = {
  float16: { bytes: 2, integer: false, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  float32: { bytes: 4, integer: false, read: (view, at) => view.getFloat32(at, true) },
  float64: { bytes: 8, integer: false, read: (view, at) => view.getFloat64(at, true) },
  int8: { bytes: 1, integer: true, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, integer: true, read: (view, at) => view.getUint8(at) },
  int32: { bytes: 4, integer: true, read: (view, at) => view.getInt32(at, true) },
  uint32: { bytes: 4, integer: true, read: (view, at) => view.getUint32(at, true) },
  int64: { bytes: 8, integer: true, read: (view, at) => wide(view.getInt32(at + 4, true), view, at) },
  uint64: { bytes: 8, integer: true, read: (view, at) => wide(view.getUint32(at + 4, true), view, at) },
};

function wide(high: number, view: DataView, at: number): number {
  return high * 2 ** 32 + view.getUint32(at, true);
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
