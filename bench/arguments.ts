import { relative } from 'node:path';
import { parseArgs } from 'node:util';

/** Each option with its value where it is not given: a text, '' for none, or false for a flag. */
type Defaults = Readonly<Record<string, string | false>>;
type Values<D extends Defaults> = { readonly [K in keyof D]: D[K] extends string ? string : boolean };
type Operands<O extends readonly string[]> = {
  readonly [I in keyof O]: O[I] extends `[${string}` ? string | undefined : string;
};

/**
 * The words after the name of a bench. Where one is wrong or missing, the line that says how the bench is called goes to stderr, and the
 * process ends with status 2.
 *
 * @param names of the operands; one in brackets may be absent, and with `…` there may be several
 */
export function benchArguments<const O extends readonly string[], const D extends Defaults>(
  names: O,
  defaults: D,
): { readonly values: Values<D>; readonly operands: Operands<O>; readonly all: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      const type = value === false ? ('boolean' as const) : ('string' as const);
      return [name, { type, default: value }];
    }),
  );
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const least = names.filter((name) => !name.startsWith('[')).length;
    const most = names.some((name) => name.includes('…')) ? Number.POSITIVE_INFINITY : names.length;
    if (positionals.length < least) throw new Error(`${names[positionals.length]} is missing`);
    if (positionals.length > most) throw new Error(`'${positionals[most]}' is one word too many`);
    return { values: values as Values<D>, operands: positionals as unknown as Operands<O>, all: positionals };
  } catch (error) {
    const shown = Object.entries(defaults).map(([name, value]) => (value ? `[--${name} ${value}]` : `[--${name}]`));
    const script = relative('', process.argv[1]!);
    console.error(`${(error as Error).message}; usage: node --import tsx ${[script, ...names, ...shown].join(' ')}`);
    process.exit(2);
  }
}
