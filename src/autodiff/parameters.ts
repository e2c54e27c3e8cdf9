import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { Random } from '../tensor/random/random.ts';
import { requireShape, sizeOf, type Tensor } from './tensor.ts';

/** Fills a parameter with its first values, drawing from the parameter's own stream. */
export type Initializer = (value: Floats, shape: readonly number[], random: Random) => void;

/** A tensor with a name, which is also its name in a file. */
export interface NamedTensor extends Tensor {
  readonly name: string;
}

/** A parameter that an optimizer changes. */
export interface TrainableParameter extends NamedTensor {
  readonly gradient: Floats;
}

/** Tensors by name, as they come from a file. */
export type SavedTensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;

interface Entry {
  readonly tensor: NamedTensor;
  readonly initialize: Initializer;
  readonly trained: boolean;
}

/**
 * The parameters and running statistics of a model by name, in the order in which the model was built. A model asks for
 * each by name: the first to ask creates it, later ones (another tape of the same model) get the same memory.
 */
export class ParameterSet {
  readonly #kernels: Kernels;
  readonly #gradients: boolean;
  readonly #entries = new Map<string, Entry>();

  /** @param options `gradients: false` for inference alone, which halves the memory */
  constructor(kernels: Kernels, options: { readonly gradients: boolean }) {
    this.#kernels = kernels;
    this.#gradients = options.gradients;
  }

  /**
   * The trainable parameter of this name.
   *
   * @throws {RangeError} if it exists with another shape
   */
  parameter(name: string, shape: readonly number[], initialize: Initializer): Tensor {
    return this.#findOrCreate(name, shape, initialize, true);
  }

  /**
   * The running statistic of this name: saved with the model, changed by forward replays of training tapes, never by an
   * optimizer.
   *
   * @throws {RangeError} if it exists with another shape
   */
  statistic(name: string, shape: readonly number[], initialize: Initializer): Tensor {
    return this.#findOrCreate(name, shape, initialize, false);
  }

  #findOrCreate(name: string, shape: readonly number[], initialize: Initializer, trained: boolean): Tensor {
    const found = this.#entries.get(name);
    if (found) {
      requireShape(`ParameterSet: ${name}`, { shape }, found.tensor.shape);
      return found.tensor;
    }
    const value = this.#kernels.floats(sizeOf(shape));
    const gradient = trained && this.#gradients ? this.#kernels.floats(sizeOf(shape)) : undefined;
    const tensor = { name, shape, value, gradient };
    this.#entries.set(name, { tensor, initialize, trained });
    return tensor;
  }

  /**
   * Gives every parameter and statistic its first value. Each draws from the stream `parameter/<name>`, so its values
   * depend on the seed and its name alone, not on what else the model has.
   */
  initialize(seed: number | string): void {
    for (const [name, { tensor, initialize }] of this.#entries) {
      initialize(tensor.value, tensor.shape, new Random(seed, `parameter/${name}`));
    }
  }

  /** The parameter or statistic of this name. @throws {RangeError} if there is none */
  get(name: string): NamedTensor {
    const entry = this.#entries.get(name);
    if (!entry) throw new RangeError(`ParameterSet.get: expected the name of a parameter, got ${name}.`);
    return entry.tensor;
  }

  /** Parameters and running statistics: all that must be saved. */
  all(): NamedTensor[] {
    return [...this.#entries.values()].map((entry) => entry.tensor);
  }

  /** The parameters, without the running statistics. @throws {Error} if this set was made without gradients */
  trainable(): TrainableParameter[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.trained)
      .map(({ tensor: { name, shape, value, gradient } }) => {
        if (!gradient) throw new Error('ParameterSet.trainable: expected a set with gradients, got one for inference.');
        return { name, shape, value, gradient };
      });
  }

  /** Sets every gradient to 0: before each `Tape.backward` that is not meant to accumulate. */
  clearGradients(): void {
    for (const {
      tensor: { gradient },
    } of this.#entries.values()) {
      if (gradient) this.#kernels.fill(gradient, 0, gradient.length);
    }
  }

  /** How many numbers an optimizer changes. */
  get count(): number {
    let sum = 0;
    for (const { tensor, trained } of this.#entries.values()) if (trained) sum += sizeOf(tensor.shape);
    return sum;
  }

  /**
   * Overwrites every parameter and statistic by the tensor of the same name.
   *
   * @throws {RangeError} if a name is missing or unknown, a shape differs, or a value is not finite; then nothing has
   *   changed
   */
  load(tensors: SavedTensors): void {
    this.requireTensors(tensors);
    for (const [name, { tensor }] of this.#entries) tensor.value.set(tensors.get(name)!.data);
  }

  /**
   * Checks, without touching a value, that `load` would take these tensors.
   *
   * @throws {RangeError} as `load` does
   */
  requireTensors(tensors: SavedTensors): void {
    for (const name of tensors.keys()) {
      if (!this.#entries.has(name))
        throw new RangeError(`ParameterSet.load: expected no tensor ${name} in this model.`);
    }
    for (const [name, { tensor }] of this.#entries) {
      const source = tensors.get(name);
      if (!source) throw new RangeError(`ParameterSet.load: expected a tensor ${name}, got none.`);
      requireShape(`ParameterSet.load: ${name}`, source, tensor.shape);
      if (source.data.length !== sizeOf(tensor.shape)) {
        throw new RangeError(
          `ParameterSet.load: ${name}: expected ${sizeOf(tensor.shape)} values, got ${source.data.length}.`,
        );
      }
      for (let i = 0; i < source.data.length; i++) {
        if (!Number.isFinite(source.data[i])) {
          throw new RangeError(`ParameterSet.load: ${name}: expected finite values, got ${source.data[i]}.`);
        }
      }
    }
  }
}
