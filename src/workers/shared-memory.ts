type SharedArray = Int32Array | Float32Array | Float64Array | Uint8Array;

/** The array itself where other threads can reach it, otherwise a copy that they can. */
export function inSharedMemory<T extends SharedArray>(array: T): T {
  if (typeof SharedArrayBuffer === 'undefined' || array.buffer instanceof SharedArrayBuffer) return array;
  const make = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new make(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}

/** The same for each array of an object. */
export function allInSharedMemory<T extends { readonly [K in keyof T]: SharedArray }>(arrays: T): T {
  const entries = Object.entries<SharedArray>(arrays).map(([name, array]) => [name, inSharedMemory(array)]);
  return Object.fromEntries(entries) as T;
}
