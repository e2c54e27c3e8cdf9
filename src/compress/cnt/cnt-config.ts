import { requireNamed } from '../../tensor/options.ts';

/**
 * Sizes and switches of a CNT. Each switch is a place where the paper and the authors' released code differ, or where
 * the paper's text and the usual meaning differ; `cntConfig` sets them all at once. Plain JSON, stored with a model.
 */
export interface CntConfig {
  /** d_in, numbers in an input vector. */
  readonly dIn: number;
  /** d_out, numbers in a compressed vector; called d below. */
  readonly dOut: number;
  /** n, the number of compression projections. */
  readonly projections: number;
  /** N_i, transformer blocks of each stage. */
  readonly stages: readonly number[];
  /** h_n, attention heads of each stage. */
  readonly heads: readonly number[];
  /** Queries and keys have d_k = floor(d / keyDivisor) columns a head. */
  readonly keyDivisor: number;

  /**
   * Width of an MLP's middle layer as a multiple of d.
   * Source: "we decrease the expansion ratio … from 4 to 2". Departs: the released code has 1.
   */
  readonly mlpRatio: number;
  /**
   * A learned number for each head and pair of tokens, added to the attention logits; N(0, 1) at the start.
   * Source: "Discard position embedding". Departs: the released code has it.
   */
  readonly positionBias: boolean;
  /** A bias on the projections. Source: p^i(x) = W^i x. Departs: the released code has one. */
  readonly projectionBias: boolean;
  /** Batch norm after the projections. Source: p^i(x) = W^i x. Departs: the released code normalizes. */
  readonly projectionBatchNorm: boolean;
  /**
   * The first layer of an MLP is a Linear_ABN. Source: "the basic computing unit in our model is Linear_ABN".
   * Departs: in the released code it has no activation (linear, batch norm).
   */
  readonly firstMlpActivation: boolean;
  /**
   * Where linear projection A is added to the compression token. Source: `between-stages`, "from stage 1 to s-1 … at
   * the end of each stage". Departs: the released code adds it after every stage, and once more before projection B
   * (`every-stage-and-output`).
   */
  readonly skip: 'between-stages' | 'every-stage-and-output';
  /** Place of the compression token. Source: [cp(x), p^1(x) .. p^n(x)], first. Departs: last in the released code. */
  readonly compressionToken: 'first' | 'last';
  /**
   * The softmax of Eq. 3 divides by the square root of this. Source: the paper prints d (`dimension`). Departs: both
   * presets use d_k, the columns of a key (`key-dimension`), which is the usual meaning of the formula and what the
   * released code does.
   */
  readonly softmaxScale: 'key-dimension' | 'dimension';
}

export type CntVariant = 'paper' | 'released-code';

type Sizes = Pick<CntConfig, 'dIn' | 'dOut' | 'projections' | 'stages' | 'heads' | 'keyDivisor'>;
type Switches = Omit<CntConfig, keyof Sizes>;

const PRESETS: Readonly<Record<CntVariant, Switches>> = {
  paper: {
    mlpRatio: 2,
    positionBias: false,
    projectionBias: false,
    projectionBatchNorm: false,
    firstMlpActivation: true,
    skip: 'between-stages',
    compressionToken: 'first',
    softmaxScale: 'key-dimension',
  },
  'released-code': {
    mlpRatio: 1,
    positionBias: true,
    projectionBias: true,
    projectionBatchNorm: true,
    firstMlpActivation: false,
    skip: 'every-stage-and-output',
    compressionToken: 'last',
    softmaxScale: 'key-dimension',
  },
};

/** Two stages of one block with four heads, d_k = d / 4: the released settings. */
const RELEASED_SIZES = { stages: [1, 1], heads: [4, 4], keyDivisor: 4 } as const;

/**
 * The configuration of a variant, with the released sizes where none are given; any switch can be set apart from its
 * preset.
 *
 * @throws {RangeError} if a size or switch is impossible
 */
export function cntConfig(
  variant: CntVariant,
  options: Pick<CntConfig, 'dIn' | 'dOut' | 'projections'> & Partial<CntConfig>,
): CntConfig {
  const preset = requireNamed('cntConfig', 'variant', PRESETS, variant);
  const config = { ...RELEASED_SIZES, ...preset, ...options };
  requireCntConfig(config, 'cntConfig');
  return config;
}

/** d_k: columns of a query or key of one head. */
export function keyDimension(config: CntConfig): number {
  return Math.floor(config.dOut / config.keyDivisor);
}

/** How often the output of projection A is added on the way from x to f(x). */
export function skipAdditions(config: CntConfig): number {
  return config.skip === 'between-stages' ? config.stages.length - 1 : config.stages.length + 1;
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
const COUNT: Check = ['a whole number from 1', isCount];
const COUNTS: Check = [
  'a list of whole numbers from 1',
  (value) => Array.isArray(value) && value.length > 0 && value.every(isCount),
];
const FLAG: Check = ['true or false', (value) => typeof value === 'boolean'];
const oneOf = (...names: string[]): Check => [names.join(' or '), (value) => names.some((name) => name === value)];

const FIELDS: Readonly<Record<keyof CntConfig, Check>> = {
  dIn: COUNT,
  dOut: COUNT,
  projections: COUNT,
  stages: COUNTS,
  heads: COUNTS,
  keyDivisor: COUNT,
  mlpRatio: COUNT,
  positionBias: FLAG,
  projectionBias: FLAG,
  projectionBatchNorm: FLAG,
  firstMlpActivation: FLAG,
  skip: oneOf('between-stages', 'every-stage-and-output'),
  compressionToken: oneOf('first', 'last'),
  softmaxScale: oneOf('key-dimension', 'dimension'),
};

/**
 * Checks that a value, for instance one read from a file, is a complete configuration.
 *
 * @param where who asks; begins the message
 * @throws {RangeError} naming the field
 */
export function requireCntConfig(value: object, where: string): asserts value is CntConfig {
  for (const [field, [expected, holds]] of Object.entries(FIELDS)) {
    const found = (value as Record<string, unknown>)[field];
    if (!holds(found))
      throw new RangeError(`${where}: expected ${field} to be ${expected}, got ${JSON.stringify(found)}.`);
  }
  for (const field of Object.keys(value)) {
    if (!(field in FIELDS)) throw new RangeError(`${where}: expected no field ${field}.`);
  }
  const config = value as CntConfig;
  if (config.stages.length !== config.heads.length) {
    throw new RangeError(`${where}: expected heads for ${config.stages.length} stages, got ${config.heads.length}.`);
  }
  if (config.keyDivisor > config.dOut) {
    throw new RangeError(`${where}: expected keyDivisor to be at most ${config.dOut}, got ${config.keyDivisor}.`);
  }
}
