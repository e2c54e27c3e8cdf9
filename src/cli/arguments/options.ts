import { MOST_THREADS } from '../../../kernels/threads/control.ts';

/** The options of one command, as a table from which parsing, types and help all follow. */

interface Described {
  /** What it means, for `--help`; one sentence fragment without a final stop. */
  readonly text: string;
  /** What help prints as the default of an option that may be absent. */
  readonly whenAbsent?: string;
  /** Of an older name: taken, but not told of. */
  readonly hidden?: true;
}

/** A whole number of digits only; `least` and `most` belong to the range. */
export interface IntegerOption extends Described {
  readonly type: 'integer';
  readonly least: number;
  readonly most?: number;
  readonly default?: number;
  readonly required?: true;
}

/** A decimal number greater than `above`. */
export interface NumberOption extends Described {
  readonly type: 'number';
  readonly above: number;
  readonly default?: number;
}

export interface ChoiceOption extends Described {
  readonly type: 'choice';
  readonly choices: readonly string[];
  /** What stands for the choices in help, where they are many. */
  readonly placeholder?: string;
  readonly default?: string;
  readonly required?: true;
}

export interface PathOption extends Described {
  readonly type: 'path';
  /** The letter or word that stands for it in help. */
  readonly placeholder: string;
  readonly default?: string;
  readonly required?: true;
}

export interface FlagOption extends Described {
  readonly type: 'flag';
}

export type Option = IntegerOption | NumberOption | ChoiceOption | PathOption | FlagOption;
export type OptionTable = Readonly<Record<string, Option>>;

type Given<O> = O extends { type: 'flag' }
  ? boolean
  : O extends { type: 'choice'; choices: readonly (infer C)[] }
    ? C
    : O extends { type: 'path' }
      ? string
      : number;

type Certain<O> = O extends { type: 'flag' } | { required: true } | { default: string | number } ? true : false;

/** The values of a table's options: `undefined` only where an option is neither required nor has a default. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: Certain<T[K]> extends true ? Given<T[K]> : Given<T[K]> | undefined;
};

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  seed: { type: 'integer', least: 0, default: 1, text: 'seed of everything random' },
  threads: {
    type: 'integer',
    least: 1,
    most: MOST_THREADS,
    text: 'threads that share the work where it can be shared; results never depend on it',
    whenAbsent: 'all cores',
  },
  backend: {
    type: 'choice',
    choices: ['auto', 'reference', 'simd', 'gpu'],
    text: 'which kernels compute',
    whenAbsent: '$CNT_BACKEND, else auto',
  },
  quiet: { type: 'flag', text: 'no progress and no notes on stderr' },
  json: { type: 'flag', text: 'print one JSON object on stdout' },
  help: { type: 'flag', text: 'this help' },
} as const satisfies OptionTable;

/** Options of commands that search. */
export const QUERY_OPTIONS = {
  query: { type: 'path', placeholder: 'Q', required: true, text: 'vectors to search for' },
  k: { type: 'integer', least: 1, default: 100, text: 'neighbors of each query' },
} as const satisfies OptionTable;

export type CommonValues = OptionValues<typeof COMMON_OPTIONS>;
