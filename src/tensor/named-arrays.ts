import type { KernelMemory } from './matrix.ts';

/** The in-memory shape of what is saved: a model is `NamedArrays`, an index or a checkpoint is an `Archive`. */

/** Each element type with the array that holds it. */
export interface ElementArrays {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
}

export type ElementType = keyof ElementArrays;
export type ElementArray = ElementArrays[ElementType];

/** An array of any rank, row-major; `shape` [] is a single number. */
export interface NamedArray<D extends ElementArray = ElementArray> {
  readonly shape: readonly number[];
  readonly data: D;
  /** The elements after those of `data`, where no single memory holds them all. */
  readonly more?: readonly D[];
  /** Of vectors: the memory that `data` and each of `more` lies in, if kernels reach it there. */
  readonly memories?: readonly (KernelMemory | undefined)[];
}

/** A model: tensors, and what else is needed to use them, as text. */
export interface NamedArrays {
  readonly arrays: ReadonlyMap<string, NamedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** An index or a checkpoint: what it is, every parameter that made it, and its arrays. */
export interface Archive {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly arrays: ReadonlyMap<string, NamedArray>;
}

/**
 * Checks that an argument is a model or an archive: an object with named arrays.
 *
 * @throws {TypeError} if it is something else
 */
export function requireArrays(content: NamedArrays | Archive, what: string, where: string): void {
  const { arrays, metadata, parameters } = Object(content) as Partial<NamedArrays & Archive>;
  if (arrays instanceof Map && Object(metadata ?? parameters) === (metadata ?? parameters)) return;
  throw new TypeError(
    `${where}: expected ${what} with a map of named arrays, got ${Object.prototype.toString.call(content).slice(8, -1)}.`,
  );
}

/** The element type of an array. @throws {TypeError} if no saved array can have it */
export function elementTypeOf(data: ElementArray): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint16Array) return 'uint16';
  if (data instanceof Int16Array) return 'int16';
  throw new TypeError(`elementTypeOf: expected a typed array, got ${Object.prototype.toString.call(data)}.`);
}

/** How many elements a shape has; 1 for []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The array of this name, with this element type and shape; `undefined` in `shape` accepts any size there.
 *
 * @param where what is being read, for the error: `HNSW index`
 * @throws {RangeError} if the array is missing or differs
 */
export function requireArray<T extends ElementType>(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  type: T,
  shape: readonly (number | undefined)[],
  where: string,
): NamedArray<ElementArrays[T]> {
  const array = arrays.get(name);
  const wanted = `${type} [${shape.map((size) => size ?? 'any').join(', ')}]`;
  if (!array) throw new RangeError(`${where}: expected array "${name}" of ${wanted}, got none.`);
  const found = elementTypeOf(array.data);
  const fits =
    found === type &&
    array.shape.length === shape.length &&
    shape.every((size, axis) => size === undefined || size === array.shape[axis]) &&
    array.data.length === elementCount(array.shape);
  if (!fits) {
    const got = `${found} [${array.shape.join(', ')}] holding ${array.data.length}`;
    throw new RangeError(`${where}: expected array "${name}" of ${wanted}, got ${got}.`);
  }
  return array as NamedArray<ElementArrays[T]>;
}

/** The integer parameter of this name. @throws {RangeError} if it is missing, no integer, or outside [min, max] */
export function requireInteger(parameters: JsonObject, name: string, min: number, max: number, where: string): number {
  const value = own(parameters, name);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${where}: expected "${name}" to be an integer from ${min} to ${max}, got ${shown(value)}.`);
}

/** The number parameter of this name. @throws {RangeError} if it is missing or no finite number */
export function requireNumber(parameters: JsonObject, name: string, where: string): number {
  const value = own(parameters, name);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new RangeError(`${where}: expected "${name}" to be a finite number, got ${shown(value)}.`);
}

/** The text parameter of this name, one of `choices`. @throws {RangeError} if it is missing or another */
export function requireChoice<C extends string>(
  parameters: JsonObject,
  name: string,
  choices: readonly C[],
  where: string,
): C {
  const value = own(parameters, name);
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw new RangeError(`${where}: expected "${name}" to be one of ${choices.join(', ')}, got ${shown(value)}.`);
}

function own(parameters: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

/** A value from a file, short enough for one line. */
function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
