import { parseArgs } from 'node:util';
import type { ChoiceOption, IntegerOption, NumberOption, Option, OptionTable, OptionValues } from './options.ts';
import { suggestion } from './suggestion.ts';
import { UsageError } from './usage-error.ts';

export interface Arguments<T extends OptionTable> {
  readonly values: OptionValues<T>;
  readonly operands: readonly string[];
}

interface OptionToken {
  readonly kind: 'option';
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function requireInteger(name: string, option: IntegerOption, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  const most = option.most ?? Number.MAX_SAFE_INTEGER;
  if (value >= option.least && value <= most) return value;
  const bounded = option.most !== undefined || value > most; // a number that is too large hears the bound
  const range = bounded ? `from ${option.least} to ${most}` : `of at least ${option.least}`;
  throw new UsageError(`--${name}: expected a whole number ${range}, got ${JSON.stringify(text)}.`);
}

function requireNumber(name: string, option: NumberOption, text: string): number {
  const value = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > option.above && value < Number.POSITIVE_INFINITY) return value;
  throw new UsageError(`--${name}: expected a number above ${option.above}, got ${JSON.stringify(text)}.`);
}

function requireChoice(name: string, option: ChoiceOption, text: string): string {
  if (option.choices.includes(text)) return text;
  const hint = suggestion(text, option.choices);
  throw new UsageError(`--${name}: expected ${option.choices.join(' | ')}, got ${JSON.stringify(text)}.${hint}`);
}

function requirePath(name: string, text: string): string {
  if (text !== '') return text;
  throw new UsageError(`--${name}: expected a path, got an empty text.`);
}

/** The text of an option as a value of its type. */
export function optionValue(name: string, option: Option, text: string): string | number {
  if (option.type === 'integer') return requireInteger(name, option, text);
  if (option.type === 'number') return requireNumber(name, option, text);
  if (option.type === 'choice') return requireChoice(name, option, text);
  return requirePath(name, text);
}

function valueOfToken(token: OptionToken, option: Option): string | number | boolean {
  if (option.type === 'flag') {
    if (token.value === undefined) return true;
    throw new UsageError(`--${token.name}: expected no value, got ${JSON.stringify(token.value)}.`);
  }
  if (token.value === undefined) throw new UsageError(`--${token.name}: expected a value, got the end of the line.`);
  if (!token.inlineValue && token.value.startsWith('--')) {
    throw new UsageError(`--${token.name}: expected a value, got the option ${token.value}.`);
  }
  return optionValue(token.name, option, token.value);
}

function fillIn(table: OptionTable, given: Map<string, string | number | boolean>): void {
  for (const [name, option] of Object.entries(table)) {
    if (given.has(name)) continue;
    if (option.type === 'flag') given.set(name, false);
    else if ('default' in option && option.default !== undefined) given.set(name, option.default);
    else if ('required' in option && option.required) throw new UsageError(`--${name} is missing: ${option.text}.`);
  }
}

/**
 * Reads a command's arguments by its table. `--name value` and `--name=value` are alike; `--` ends the options.
 * With `--help` nothing is required.
 *
 * @throws {UsageError} for an unknown, repeated, missing or malformed option
 */
export function parseArguments<T extends OptionTable>(table: T, argv: readonly string[]): Arguments<T> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [
      name,
      { type: option.type === 'flag' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string | number | boolean>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const name = token.rawName === '-h' ? 'help' : token.name;
    const option = token.rawName.startsWith('--') || name === 'help' ? table[name] : undefined;
    if (option === undefined || !Object.hasOwn(table, name)) {
      throw new UsageError(`unknown option ${token.rawName}.${suggestion(token.name, Object.keys(table), '--')}`);
    }
    if (given.has(name)) throw new UsageError(`--${name} is given twice.`);
    given.set(name, valueOfToken({ ...token, name }, option));
  }
  if (given.get('help') !== true) fillIn(table, given);
  return { values: Object.fromEntries(given) as OptionValues<T>, operands };
}
