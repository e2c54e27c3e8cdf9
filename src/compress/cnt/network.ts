import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { type CatalystConfig, catalyst } from '../catalyst/catalyst.ts';
import { type VaeConfig, vaeFeatures } from '../vae/vae.ts';
import { cnt } from './cnt.ts';
import { type CntConfig, requireCntConfig } from './cnt-config.ts';
import { linearMap } from './linear-map.ts';

/** What INRP trains: the paper's network, or a single linear map as its control. Plain JSON, stored with a model. */
export type InrpNetwork =
  | { readonly kind: 'cnt'; readonly config: CntConfig }
  | { readonly kind: 'linear'; readonly config: LinearConfig };

/** Every network that compresses. */
export type Network =
  | InrpNetwork
  | { readonly kind: 'vae'; readonly config: VaeConfig }
  | { readonly kind: 'catalyst'; readonly config: CatalystConfig };

export interface LinearConfig {
  readonly dIn: number;
  readonly dOut: number;
}

/** @param x (m, dIn). @returns f(x), (m, dOut) */
export function network(tape: Tape, parameters: ParameterSet, x: Tensor, { kind, config }: Network): Tensor {
  if (kind === 'cnt') return cnt(tape, parameters, x, config);
  if (kind === 'linear') return linearMap(tape, parameters, x, config);
  if (kind === 'vae') return vaeFeatures(tape, parameters, x, config);
  return catalyst(tape, parameters, x, config);
}

/** The sizes of the networks that have nothing else. */
const SIZES = {
  linear: ['dIn', 'dOut'],
  vae: ['dIn', 'dOut', 'hidden'],
  catalyst: ['dIn', 'dOut', 'hidden'],
} as const;

/**
 * Checks a value read from a file.
 *
 * @param kinds that are accepted
 * @throws {RangeError} naming what is wrong
 */
export function requireNetwork(
  value: unknown,
  kinds: readonly Network['kind'][],
  where: string,
): asserts value is Network {
  const { kind, config } = Object(value) as { kind?: Network['kind']; config?: unknown };
  if (typeof config !== 'object' || config === null) {
    throw new RangeError(`${where}: expected a network with its configuration, got ${JSON.stringify(value)}.`);
  }
  if (kind === undefined || !kinds.includes(kind)) {
    throw new RangeError(`${where}: expected a network of kind ${kinds.join(' or ')}, got ${JSON.stringify(kind)}.`);
  }
  if (kind === 'cnt') requireCntConfig(config, where);
  else requireSizes(config as Record<string, unknown>, SIZES[kind], where);
}

/** @throws {RangeError} unless the configuration has these counts and nothing else */
function requireSizes(config: Readonly<Record<string, unknown>>, names: readonly string[], where: string): void {
  const fits = names.every((name) => Number.isSafeInteger(config[name]) && (config[name] as number) >= 1);
  if (!fits || Object.keys(config).length !== names.length) {
    throw new RangeError(
      `${where}: expected whole numbers ${names.join(' and ')} from 1, got ${JSON.stringify(config)}.`,
    );
  }
}
