import type { ParameterSet } from '../autodiff/parameters.ts';
import type { Tape } from '../autodiff/tape.ts';
import type { Tensor } from '../autodiff/tensor.ts';
import { cnt } from './cnt.ts';
import { type CntConfig, requireCntConfig } from './cnt-config.ts';
import { linearMap } from './linear-map.ts';

/** What INRP trains: the paper's network, or a single linear map as its control. Plain JSON, stored with a model. */
export type InrpNetwork =
  | { readonly kind: 'cnt'; readonly config: CntConfig }
  | { readonly kind: 'linear'; readonly config: LinearConfig };

/** Every network that compresses. */
export type Network = InrpNetwork;

export interface LinearConfig {
  readonly dIn: number;
  readonly dOut: number;
}

/** @param x (m, dIn). @returns f(x), (m, dOut) */
export function network(tape: Tape, parameters: ParameterSet, x: Tensor, { kind, config }: Network): Tensor {
  return kind === 'cnt' ? cnt(tape, parameters, x, config) : linearMap(tape, parameters, x, config);
}

/**
 * Checks a value read from a file.
 *
 * @throws {RangeError} naming what is wrong
 */
export function requireNetwork(value: unknown, where: string): asserts value is Network {
  const { kind, config } = Object(value) as { kind?: unknown; config?: unknown };
  if (typeof config !== 'object' || config === null) {
    throw new RangeError(`${where}: expected a network with its configuration, got ${JSON.stringify(value)}.`);
  }
  if (kind === 'cnt') {
    requireCntConfig(config, where);
    return;
  }
  if (kind !== 'linear') {
    throw new RangeError(`${where}: expected a network of kind cnt or linear, got ${JSON.stringify(kind)}.`);
  }
  const { dIn, dOut } = config as Partial<LinearConfig>;
  if (!Number.isSafeInteger(dIn) || !Number.isSafeInteger(dOut) || dIn! < 1 || dOut! < 1) {
    throw new RangeError(`${where}: expected whole numbers dIn and dOut from 1, got ${JSON.stringify(config)}.`);
  }
}
