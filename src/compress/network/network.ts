import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { requireWidths } from '../compressor.ts';

/** What every configuration of a network says. */
export interface NetworkSizes {
  readonly dIn: number;
  readonly dOut: number;
}

/** A network with its configuration. Plain JSON, stored with a model and in checkpoints. */
export interface Network<Kind extends string = string, Config extends NetworkSizes = NetworkSizes> {
  readonly kind: Kind;
  readonly config: Config;
}

/** One kind of network: how it is recorded, and what its files hold. */
export interface NetworkKind<Config extends NetworkSizes = NetworkSizes> {
  /** `method` in the files of its models, part of their digests. */
  readonly storedName: string;
  /** @param x (m, dIn). @returns f(x), (m, dOut) */
  record(tape: Tape, parameters: ParameterSet, x: Tensor, config: Config): Tensor;
  /** @throws {RangeError} unless a value read from a file is a whole configuration */
  requireConfig(config: object, where: string): void;
  /** @throws {RangeError} if a configuration read from a file asks for more tensors than lie beside it */
  requireTensorCount?(config: Config, tensors: number, where: string): void;
}

/** The networks of one class of compressors, and how messages call it. */
export interface NetworkFamily {
  /** The class: `CntCompressor`. */
  readonly type: string;
  /** A model of it in a file: `CNT model`. */
  readonly model: string;
  readonly kinds: Readonly<Record<string, NetworkKind>>;
}

/**
 * Checks a value read from a file.
 *
 * @throws {RangeError} naming what is wrong
 */
export function requireNetwork(value: unknown, { kinds, model }: NetworkFamily): asserts value is Network {
  const { kind, config } = Object(value) as { kind?: string; config?: unknown };
  if (typeof config !== 'object' || config === null) {
    throw new RangeError(`${model}: expected a network with its configuration, got ${JSON.stringify(value)}.`);
  }
  if (kind === undefined || !Object.hasOwn(kinds, kind)) {
    const expected = Object.keys(kinds).join(' or ');
    throw new RangeError(`${model}: expected a network of kind ${expected}, got ${JSON.stringify(kind)}.`);
  }
  kinds[kind]!.requireConfig(config, model);
  requireWidths(model, config as NetworkSizes);
}

/** The check of a configuration that is nothing but these counts. */
export function requireSizes(...names: readonly string[]): NetworkKind['requireConfig'] {
  return (config, where) => {
    const fits = names.every((name) => {
      const size: unknown = Reflect.get(config, name);
      return Number.isSafeInteger(size) && (size as number) >= 1;
    });
    if (fits && Object.keys(config).length === names.length) return;
    throw new RangeError(
      `${where}: expected whole numbers ${names.join(' and ')} from 1, got ${JSON.stringify(config)}.`,
    );
  };
}
