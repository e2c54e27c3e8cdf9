import type { Computing } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { gpuKernels } from '../../../kernels/resident/gpu-kernels.ts';
import { ParameterSet } from '../../autodiff/parameters.ts';
import { buildInOwnMemory, emptyKernels } from '../../tensor/bytes-needed.ts';
import { createMatrix, type Matrix, requireShape } from '../../tensor/matrix.ts';
import { elementTypeOf, type NamedArray, type NamedArrays } from '../../tensor/named-arrays.ts';
import { requireInRange } from '../../tensor/range.ts';
import type { Compressor, EncodeOptions } from '../compressor.ts';
import { ENCODER_ROWS, type EncodedWith, Encoder } from './encoder.ts';
import { GpuEncoder } from './gpu-encoder.ts';
import { type Network, type NetworkFamily, requireNetwork } from './network.ts';
import type { Standardization } from './standardization.ts';

/** What a network compressor is made of. */
export interface NetworkModel {
  readonly network: Network;
  readonly standardization: Standardization;
  /** Parameters and running statistics by name. */
  readonly parameters: ReadonlyMap<string, NamedArray>;
  /** How it was trained, for the record: settings and history as JSON texts. */
  readonly record: Readonly<Record<string, string>>;
}

/** Rows that pass through a network on a GPU at once: enough to keep it busy between some 70 launches. */
const GPU_ROWS = 2048;
/** Threads share one call of the network, over as many rows as each would take alone, up to this many times. */
const MOST_CHUNKS = 8;

/** A trained network in inference; each method has a class of its own. */
export class NetworkCompressor implements Compressor {
  readonly method: string;
  readonly dIn: number;
  readonly dOut: number;
  readonly network: Network;
  readonly standardization: Standardization;
  readonly #type: string;
  readonly #encoded: EncodedWith;
  readonly #parameters: ReadonlyMap<string, NamedArray<Float32Array>>;
  readonly #record: Readonly<Record<string, string>>;
  readonly #encoders = new Map<string, Encoder>();
  readonly #gpuEncoders = new WeakMap<GpuDevice, GpuEncoder>();

  /** @throws {RangeError} if a parameter is missing, unknown, of another shape, or not finite */
  constructor({ network, standardization, parameters, record }: NetworkModel, family: NetworkFamily) {
    const kind = family.kinds[network.kind]!;
    this.#type = family.type;
    this.#encoded = { kind, config: network.config, standardization };
    this.network = network;
    this.standardization = standardization;
    this.method = kind.storedName;
    this.dIn = network.config.dIn;
    this.dOut = network.config.dOut;
    this.#record = record;
    this.#parameters = ownParameters(this.#encoded, parameters, family.model);
  }

  encode(x: Matrix, { onProgress, ...computing }: EncodeOptions = {}): Matrix {
    requireRows(x, this.dIn, `${this.#type}.encode`);
    const encoder = this.#encoder(computing);
    const encoded = createMatrix(x.rows, this.dOut);
    for (let first = 0; first < x.rows; first += encoder.rows) {
      const count = Math.min(encoder.rows, x.rows - first);
      encoder.encodeChunk(encoded.data, { x, first, count });
      onProgress?.(first + count, x.rows);
    }
    requireInRange(encoded, `${this.#type}.encode: result`);
    return encoded;
  }

  /**
   * Compresses as `encode` does, on a GPU: each value within 1e-5 of its, relative to the largest.
   *
   * @throws {RangeError} as `encode` does
   * @throws {Error} if the device refuses the work
   */
  async encodeOnGpu(
    device: GpuDevice,
    x: Matrix,
    { onProgress }: Pick<EncodeOptions, 'onProgress'> = {},
  ): Promise<Matrix> {
    requireRows(x, this.dIn, `${this.#type}.encode`);
    const encoded = createMatrix(x.rows, this.dOut);
    if (x.rows === 0) return encoded;
    const encoder = this.#gpuEncoder(device, Math.min(GPU_ROWS, x.rows));
    for (let first = 0; first < x.rows; first += encoder.rows) {
      const count = Math.min(encoder.rows, x.rows - first);
      await encoder.encodeChunk(encoded.data, { x, first, count });
      onProgress?.(first + count, x.rows);
    }
    requireInRange(encoded, `${this.#type}.encode: result`);
    return encoded;
  }

  toNamedArrays(): NamedArrays {
    const { mean, std } = this.standardization;
    const metadata = {
      method: this.method,
      network: JSON.stringify(this.network),
      standardization: JSON.stringify({ mean, std }),
      ...this.#record,
    };
    return { arrays: this.#parameters, metadata };
  }

  #encoder({ backend = 'auto', threads = 1 }: Computing): Encoder {
    const key = `${backend} ${threads}`;
    let encoder = this.#encoders.get(key);
    if (!encoder) {
      const rows = ENCODER_ROWS * Math.min(threads, MOST_CHUNKS);
      encoder = buildInOwnMemory({ backend, threads }, (kernels) => this.#build(kernels, rows));
      encoder.parameters.load(this.#parameters);
      this.#encoders.set(key, encoder);
    }
    return encoder;
  }

  /** One encoder for each device, for as many rows as it was first asked for, or more where more are given later. */
  #gpuEncoder(device: GpuDevice, rows: number): GpuEncoder {
    const found = this.#gpuEncoders.get(device);
    if (found && found.rows >= rows) return found;
    found?.close();
    const kernels = gpuKernels(device);
    const parameters = new ParameterSet(kernels, { gradients: false });
    const encoder = new GpuEncoder(kernels, parameters, this.#encoded, rows);
    parameters.load(this.#parameters);
    for (const { value } of parameters.all()) kernels.send(value);
    this.#gpuEncoders.set(device, encoder);
    return encoder;
  }

  #build(kernels: Kernels, rows: number): Encoder {
    const parameters = new ParameterSet(kernels, { gradients: false });
    return new Encoder(kernels, parameters, this.#encoded, rows);
  }
}

/** @throws {RangeError} if x does not have dIn columns of finite numbers */
function requireRows(x: Matrix, dIn: number, where: string): void {
  requireShape(x, where);
  if (x.cols !== dIn) throw new RangeError(`${where}: expected ${dIn} columns, got ${x.cols}.`);
  requireInRange(x, where);
}

/**
 * The parts of a model from what `toNamedArrays` gave.
 *
 * @throws {RangeError} naming what is missing or wrong
 */
export function readNetworkModel({ arrays, metadata }: NamedArrays, family: NetworkFamily): NetworkModel {
  const { model: where, kinds } = family;
  const { method, network, standardization, ...record } = metadata;
  const parsed = parseMetadata(network, 'network', where);
  requireNetwork(parsed, family);
  const { storedName } = kinds[parsed.kind]!;
  if (storedName !== method) {
    throw new RangeError(`${where}: expected method ${storedName} for its network, got ${method}.`);
  }
  const scaling = parseMetadata(standardization, 'standardization', where);
  requireStandardization(scaling, where);
  return { network: parsed, standardization: scaling, parameters: arrays, record };
}

/** Copies of the parameters, in the order of the network and checked against it. */
function ownParameters(
  encoded: EncodedWith,
  given: ReadonlyMap<string, NamedArray>,
  where: string,
): Map<string, NamedArray<Float32Array>> {
  for (const [name, { data }] of given) {
    const type = elementTypeOf(data);
    if (type !== 'float32') throw new RangeError(`${where}: expected ${name} in float32, got ${type}.`);
  }
  encoded.kind.requireTensorCount?.(encoded.config, given.size, where);
  // Without memory: the sizes may come from a file, and only the tensors beside them show that they are meant.
  const kernels = emptyKernels();
  const { parameters } = new Encoder(kernels, new ParameterSet(kernels, { gradients: false }), encoded);
  parameters.requireTensors(given);
  return new Map(
    parameters.all().map(({ name, shape }) => [name, { shape, data: Float32Array.from(given.get(name)!.data) }]),
  );
}

function parseMetadata(text: string | undefined, name: string, where: string): unknown {
  if (text === undefined) throw new RangeError(`${where}: expected metadata ${name}, got none.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError(`${where}: expected metadata ${name} to be JSON, got ${text.slice(0, 40)}.`);
  }
}

function requireStandardization(value: unknown, where: string): asserts value is Standardization {
  const { mean, std } = Object(value) as Partial<Standardization>;
  if (!Number.isFinite(mean) || !Number.isFinite(std) || !(std! > 0)) {
    throw new RangeError(`${where}: expected a standardization with mean and std > 0, got ${JSON.stringify(value)}.`);
  }
}
