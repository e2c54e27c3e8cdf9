/** Tells whether what was read from JSON has a form that is described once, for the compiler and for the check: `record({ name: text })`. */
export type Form<T> = (value: unknown) => value is T;

/** The type of what has a form: `type Row = Described<typeof row>`. */
export type Described<F> = F extends Form<infer T> ? T : never;

type Fields = Readonly<Record<string, Form<unknown>>>;

/** Any number that JSON can hold: neither NaN nor an infinity. */
export const number: Form<number> = (value) => typeof value === 'number';

export const text: Form<string> = (value) => typeof value === 'string';

/** One of a few texts. */
export function oneOf<const T extends string>(...choices: readonly T[]): Form<T> {
  return (value): value is T => choices.some((choice) => choice === value);
}

export function list<T>(item: Form<T>): Form<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(item);
}

/** A list of a fixed length. */
export function tuple<const T extends readonly unknown[]>(...items: { readonly [I in keyof T]: Form<T[I]> }): Form<T> {
  return (value): value is T =>
    Array.isArray(value) && value.length === items.length && items.every((is, i) => is(value[i]));
}

type Recorded<R, O> = { readonly [K in keyof R]: Described<R[K]> } & { readonly [K in keyof O]?: Described<O[K]> };

/** An object with these fields, and others that may be absent; what else it holds is not checked. */
export function record<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Form<Recorded<R, O>> {
  return (value): value is Recorded<R, O> => {
    if (typeof value !== 'object' || value === null) return false;
    const fields = new Map<string, unknown>(Object.entries(value));
    return (
      Object.entries(required).every(([name, is]) => is(fields.get(name))) &&
      Object.entries(optional ?? {}).every(([name, is]) => !fields.has(name) || is(fields.get(name)))
    );
  };
}
