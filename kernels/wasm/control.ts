/** Branches and loops of WebAssembly functions. */
import type { FunctionScope, Local } from './assembler.ts';
import { type Code, Label, Mark } from './encoding.ts';
import {
  type Expression,
  type I32,
  push,
  type Statement,
  sequence,
  statement,
  type V128,
  type ValueType,
} from './expressions.ts';
import { i32, v128 } from './instructions.ts';

const EMPTY = 0x40;
const END = 0x0b;

function labelled(opcode: number, label: Label, body: Code): Code {
  return [opcode, EMPTY, new Mark('open', label), body, END, new Mark('close', label)];
}

/** A branch to `label` leaves the block. */
export function block(label: Label, body: readonly Statement[]): Statement {
  return statement(labelled(0x02, label, sequence(body)));
}

/** A branch to `label` starts the body again; without one it runs once. */
export function loop(label: Label, body: readonly Statement[]): Statement {
  return statement(labelled(0x03, label, sequence(body)));
}

export function br(label: Label): Statement {
  return statement(0x0c, new Mark('branch', label));
}

export function brIf(label: Label, condition: I32): Statement {
  return statement(push('i32', condition), 0x0d, new Mark('branch', label));
}

export function ifThen(condition: I32, then: readonly Statement[], otherwise: readonly Statement[] = []): Statement {
  const body = otherwise.length ? [sequence(then), 0x05, sequence(otherwise)] : sequence(then);
  return statement(push('i32', condition), labelled(0x04, new Label(), body));
}

/** Leaves the function; one with a result must end so. */
export function ret(value?: Expression<ValueType>): Statement {
  return statement(value ? value.code : [], 0x0f);
}

/** while (condition) body */
export function whileDo(condition: I32, body: readonly Statement[]): Statement {
  const again = new Label();
  return ifThen(condition, [loop(again, [...body, brIf(again, condition)])]);
}

/** for (i = from; i < to; i += step) body. Unsigned, so that counts and addresses reach 4 GiB; `to` is evaluated once. */
export function forUp(
  f: FunctionScope,
  from: I32,
  to: I32,
  step: I32,
  body: (i: Local<'i32'>) => readonly Statement[],
): Statement {
  const i = f.local('i32');
  const end = f.local('i32');
  const all = [i.set(from), end.set(to), whileDo(i32.lt_u(i, end), [...body(i), i.set(i32.add(i, step))])];
  return statement(sequence(all));
}

/** How `eachElement` moves floats: four, or one in lane 0 with zeros in the others. */
export interface Lanes {
  readonly width: 4 | 1;
  load(address: I32, offset?: number): Expression<'v128'>;
  store(address: I32, value: V128, offset?: number): Statement;
}

const FOUR: Lanes = { width: 4, load: v128.load, store: v128.store };
const ONE: Lanes = {
  width: 1,
  load: v128.load32_zero,
  store: (address, value, offset) => v128.store32_lane(address, value, 0, offset),
};

/**
 * Runs over n floats, four at a time and then one at a time, through the same expressions, so that the tail rounds as the
 * body does. `byte` is the place of the present element, 4 · i.
 */
export function eachElement(
  f: FunctionScope,
  n: I32,
  body: (byte: Local<'i32'>, lanes: Lanes) => readonly Statement[],
): Statement {
  const fours = i32.shl(i32.and(n, -4), 2);
  return statement(
    forUp(f, 0, fours, 16, (byte) => body(byte, FOUR)).code,
    forUp(f, fours, i32.shl(n, 2), 4, (byte) => body(byte, ONE)).code,
  );
}
