/**
 * WebAssembly from TypeScript: a module is functions, a function is statements, a statement is nested expressions. Nothing is
 * optimized or reordered: what is written is what the engine gets.
 *
 * ```ts
 * const module = new ModuleBuilder();
 * module.func('scale', { x: 'i32', n: 'i32', factor: 'f32' }, 'void', ({ x, n, factor }, f) => [
 *   eachElement(f, n, (byte, lanes) => [
 *     lanes.store(i32.add(x, byte), f32x4.mul(lanes.load(i32.add(x, byte)), f32x4.splat(factor))),
 *   ]),
 * ]);
 * const bytes = module.encode();
 * ```
 *
 * A local is an expression (its value) with `set` and `tee`; a plain number stands for a constant where i32 or f32 is wanted.
 * The instructions are in instructions.ts, loops and branches in control.ts.
 *
 * Source: WebAssembly Core Specification 2.0, section 5 (binary format).
 */
import { ByteWriter, type Code, sized, text, unsigned, vector } from './encoding.ts';
import {
  type Expression,
  type Operand,
  push,
  type Statement,
  sequence,
  statement,
  type ValueType,
} from './expressions.ts';

export interface Local<T extends ValueType> extends Expression<T> {
  readonly index: number;
  set(value: Operand<T>): Statement;
  /** Sets and yields the value. */
  tee(value: Operand<T>): Expression<T>;
}

const VALUE_TYPE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const END = 0x0b;

function makeLocal<T extends ValueType>(type: T, index: number): Local<T> {
  return {
    type,
    index,
    code: [0x20, unsigned(index)],
    set: (value) => statement(push(type, value), 0x21, unsigned(index)),
    tee: (value) => ({ type, code: [push(type, value), 0x22, unsigned(index)] }),
  };
}

export type Signature = Readonly<Record<string, ValueType>>;
export type Locals<P extends Signature> = { readonly [K in keyof P]: Local<P[K]> };
type Arguments<P extends Signature> = { readonly [K in keyof P]: Operand<P[K]> };

/** Parameters that are addresses or counts, in this order. */
export function integers<const Name extends string>(...names: readonly Name[]): Record<Name, 'i32'> {
  return Object.fromEntries(names.map((name) => [name, 'i32'])) as Record<Name, 'i32'>;
}

export function floats<const Name extends string>(...names: readonly Name[]): Record<Name, 'f32'> {
  return Object.fromEntries(names.map((name) => [name, 'f32'])) as Record<Name, 'f32'>;
}

/** A tuple where the count is written down, so that it can be taken apart; otherwise an array. */
type Several<T, N extends number, All extends T[] = []> = number extends N
  ? T[]
  : All['length'] extends N
    ? All
    : Several<T, N, [...All, T]>;

/** Gives a function its locals beyond the parameters; each starts at zero on every call. */
export class FunctionScope {
  readonly types: ValueType[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  local<T extends ValueType>(type: T): Local<T> {
    this.types.push(type);
    return makeLocal(type, this.#parameters + this.types.length - 1);
  }

  locals<T extends ValueType, const N extends number>(type: T, count: N): Several<Local<T>, N> {
    return Array.from({ length: count }, () => this.local(type)) as Several<Local<T>, N>;
  }
}

export interface Func<P extends Signature, R extends ValueType | 'void'> {
  readonly name: string;
  /** A call from another function of the module; operands by name. */
  call(operands: Arguments<P>): Expression<R>;
}

interface Definition {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | 'void';
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Functions over one imported memory, `kernels.memory`; each function is exported under its name. */
export class ModuleBuilder {
  readonly #functions: Definition[] = [];
  readonly #shared: boolean;

  constructor(options: { shared?: boolean } = {}) {
    this.#shared = options.shared ?? false;
  }

  /**
   * @param parameters name -> type, in the order in which JavaScript passes them; integers are byte addresses or counts
   * @param body gets the parameters as locals and a scope for more
   * @throws {RangeError} if the name is taken
   */
  func<const P extends Signature, R extends ValueType | 'void'>(
    name: string,
    parameters: P,
    result: R,
    body: (parameters: Locals<P>, f: FunctionScope) => readonly Statement[],
  ): Func<P, R> {
    if (this.#functions.some((one) => one.name === name)) {
      throw new RangeError(`ModuleBuilder.func: expected a new name, got ${name} again.`);
    }
    const entries = Object.entries(parameters);
    const types = entries.map(([, type]) => type);
    const locals = Object.fromEntries(entries.map(([key, type], i) => [key, makeLocal(type, i)])) as Locals<P>;
    const f = new FunctionScope(types.length);
    const index = this.#functions.length;
    this.#functions.push({ name, parameters: types, result, locals: f.types, body: sequence(body(locals, f)) });
    return callable(name, index, parameters, result);
  }

  /**
   * A function that another family has added.
   *
   * @param parameters names and types as there
   * @throws {RangeError} if there is none of this name and these types
   */
  existing<const P extends Signature, R extends ValueType | 'void'>(
    name: string,
    parameters: P,
    result: R,
  ): Func<P, R> {
    const index = this.#functions.findIndex((one) => one.name === name);
    const found = this.#functions[index];
    const types = Object.values(parameters);
    if (!found || found.result !== result || found.parameters.join() !== types.join()) {
      throw new RangeError(`ModuleBuilder.existing: expected a function ${name} of ${types.join()}, got none.`);
    }
    return callable(name, index, parameters, result);
  }

  /** The module in WebAssembly's binary format. */
  encode(): Uint8Array {
    const functions = this.#functions;
    const types = functions.map(({ parameters, result }) => [
      0x60,
      vector(parameters.map((type) => VALUE_TYPE[type])),
      vector(result === 'void' ? [] : [VALUE_TYPE[result]]),
    ]);
    const limits = [this.#shared ? 3 : 1, unsigned(0), unsigned(65536)]; // any memory up to 4 GiB fits
    const memory = [text('kernels'), text('memory'), 0x02, limits];
    const exports = functions.map(({ name }, i) => [text(name), 0x00, unsigned(i)]);
    const bodies = functions.map(({ locals, body }) => sized([vector(locals.map(declare)), body, END]));
    return new ByteWriter()
      .write([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
      .write([1, sized(vector(types))])
      .write([2, sized(vector([memory]))])
      .write([3, sized(vector(functions.map((_, i) => unsigned(i))))])
      .write([7, sized(vector(exports))])
      .write([10, sized(vector(bodies))])
      .bytes();
  }
}

function callable<P extends Signature, R extends ValueType | 'void'>(
  name: string,
  index: number,
  parameters: P,
  result: R,
): Func<P, R> {
  const entries = Object.entries(parameters);
  return {
    name,
    call: (operands) => ({
      type: result,
      code: [entries.map(([key, type]) => push(type, operands[key]!)), 0x10, unsigned(index)],
    }),
  };
}

function declare(type: ValueType): Code {
  return [1, VALUE_TYPE[type]];
}
