import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { sizeOf, type Tensor } from './tensor.ts';

/**
 * A recorded computation: operations are recorded once, while a model is built in the order of the paper's figure, and
 * then replayed, forwards and backwards, as often as wanted without taking memory again. Recording order is a
 * topological order, and every backward step adds to gradients, so that a tensor used several times needs no special
 * treatment.
 *
 * A training tape normalizes by batch statistics (and updates the running ones at every forward replay) and has
 * gradients; an inference tape normalizes by the running statistics and has neither gradients nor a backward list. The
 * batch size is part of the recording: one tape for each batch size. Parameters live outside (`ParameterSet`), so that
 * several tapes share them.
 *
 * ```ts
 * const build = (kernels: Kernels) => {
 *   const parameters = new ParameterSet(kernels, { gradients: true });
 *   const training = new Tape(kernels, { training: true });
 *   const x = training.input([batch, config.dIn]);
 *   const loss = inrpLoss(training, cnt(training, parameters, x, config), x, { boundary, alpha: 2, beta: 0.01 });
 *   const inference = new Tape(kernels, { training: false }); // same parameters, same running statistics
 *   const query = inference.input([rows, config.dIn]);
 *   const encoded = cnt(inference, parameters, query, config);
 *   return { parameters, training, x, loss, inference, query, encoded };
 * };
 * const bytes = bytesNeeded(build);                            // counted by a dry run
 * const model = build(createKernels({ bytes }));               // all memory there is, taken once
 * model.parameters.initialize(seed);                           // or model.parameters.load(tensors)
 *
 * model.x.value.set(batchOfRows);                              // one training step
 * model.training.forward();
 * const value = model.loss.value[0]!;
 * model.parameters.clearGradients();
 * model.training.backward(model.loss);
 * for (const { name, value, gradient } of model.parameters.trainable()) kernels.adamw(value, gradient, …);
 *
 * model.query.value.set(rowsToEncode);                         // inference, any time
 * model.inference.forward();                                   // model.encoded.value is (rows, dOut)
 *
 * for (const { name, shape, value } of model.parameters.all()) // saving: trainable parameters and running statistics
 * ```
 */
export class Tape {
  readonly kernels: Kernels;
  readonly training: boolean;
  readonly #forward: (() => void)[] = [];
  readonly #backward: (() => void)[] = [];
  readonly #gradients: Floats[] = [];
  readonly #labels = new Map<string, Tensor>();

  constructor(kernels: Kernels, options: { readonly training: boolean }) {
    this.kernels = kernels;
    this.training = options.training;
  }

  /** A tensor whose value the caller sets before each replay; no gradient flows into it. */
  input(shape: readonly number[]): Tensor {
    return { shape, value: this.kernels.floats(sizeOf(shape)), gradient: undefined };
  }

  /** Memory for the result of an operation; it has a gradient if this tape trains and one of the operands has one. */
  result(shape: readonly number[], operands: readonly Tensor[]): Tensor {
    const length = sizeOf(shape);
    const value = this.kernels.floats(length);
    if (!this.training || operands.every((operand) => operand.gradient === undefined)) {
      return { shape, value, gradient: undefined };
    }
    const gradient = this.kernels.floats(length);
    this.#gradients.push(gradient);
    return { shape, value, gradient };
  }

  /** Adds an operation; `backward` must add to the gradients of its operands, and is dropped by an inference tape. */
  record(forward: () => void, backward?: () => void): void {
    this.#forward.push(forward);
    if (this.training && backward) this.#backward.push(backward);
  }

  /** Names a tensor, so that it can be looked at from outside under the name of the paper's figure. Returns it. */
  label(name: string, tensor: Tensor): Tensor {
    this.#labels.set(name, tensor);
    return tensor;
  }

  /** @throws {RangeError} if no tensor has this name */
  labeled(name: string): Tensor {
    const tensor = this.#labels.get(name);
    if (!tensor) throw new RangeError(`Tape.labeled: expected a name given while building, got ${name}.`);
    return tensor;
  }

  /** Computes every value from the inputs and parameters. */
  forward(): void {
    for (const step of this.#forward) step();
  }

  /**
   * Adds the derivative of `root`, or of its inner product with `dRoot`, to the gradient of every parameter. The
   * gradients of the tape itself are cleared first, those of the parameters are not: see `ParameterSet.clearGradients`.
   *
   * @param root a result of this tape, after `forward`
   * @param dRoot same length as `root`; all ones if absent
   * @throws {Error} if `root` has no gradient
   */
  backward(root: Tensor, dRoot?: Floats): void {
    if (!root.gradient)
      throw new Error('Tape.backward: expected a result that depends on parameters of a training tape.');
    for (const gradient of this.#gradients) this.kernels.fill(gradient, 0, gradient.length);
    if (dRoot) root.gradient.set(dRoot);
    else this.kernels.fill(root.gradient, 1, root.gradient.length);
    for (let i = this.#backward.length - 1; i >= 0; i--) this.#backward[i]!();
  }
}
