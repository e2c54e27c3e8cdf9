import { clamp, relu } from '../../autodiff/activation.ts';
import { addScaled } from '../../autodiff/combine.ts';
import { type Gaussian, gaussianDivergence, gaussianSample } from '../../autodiff/gaussian.ts';
import type { ParameterSet } from '../../autodiff/parameters.ts';
import { squaredError } from '../../autodiff/squared-error.ts';
import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { batchNormLayer, linearLayer } from '../../nn/layers.ts';
import { type NetworkKind, type NetworkSizes, requireSizes } from '../network/network.ts';

/** Sizes of a variational autoencoder. Plain JSON, stored with a model. */
export interface VaeConfig extends NetworkSizes {
  /** Columns of the hidden layer of the encoder, and of the decoder. */
  readonly hidden: number;
}

/** e^±10 = 4.5e-5 and 22026 as deviations: far from subnormal numbers and from overflow. */
const LOG_VARIANCE_BOUND = 20;

/**
 * The features of x: the mean of q(z | x). Parameters `encoder.fc`, `encoder.bn` and `mean`.
 *
 * @param x (m, dIn)
 * @returns (m, dOut)
 */
export function vaeFeatures(tape: Tape, parameters: ParameterSet, x: Tensor, config: VaeConfig): Tensor {
  const hidden = hiddenLayer(tape, parameters, 'encoder', x, config.hidden); // (m, hidden)
  return linearLayer(tape, parameters, 'mean', hidden, config.dOut, { bias: true }); // (m, dOut)
}

export interface VaeLoss {
  /** error + weight · divergence, (1). */
  readonly loss: Tensor;
  /** |x - x̂|², mean over the batch, (1). */
  readonly error: Tensor;
  /** The divergence of q(z | x) from N(0, 1), mean over the batch, (1). */
  readonly divergence: Tensor;
}

/**
 * A variational autoencoder with its loss: linear map, batch norm, ReLU, then mean and log variance of the code; a sample of the code goes
 * through the mirror image back to x. Adds to the parameters of `vaeFeatures`: `log_var`, `decoder.fc`, `decoder.bn`, `output`.
 *
 * Source: Kingma & Welling 2014, Eq. 10 with one sample, a Gaussian decoder of fixed variance; the baseline "VAE" of the paper, which
 * cites Pu et al. 2016 and says nothing of its network.
 * Departs: the log variance is clamped to ±20, so that no deviation is subnormal or infinite; beyond it the derivative is 0. No bias before a
 * batch norm, which would cancel it.
 *
 * @param x (m, dIn)
 * @param noise (m, dOut) standard normals
 * @param model sizes, and the weight of the divergence ("β")
 */
export function vaeLoss(
  tape: Tape,
  parameters: ParameterSet,
  x: Tensor,
  noise: Tensor,
  model: { readonly config: VaeConfig; readonly klWeight: number },
): VaeLoss {
  const { dIn, dOut, hidden: width } = model.config;
  const bias = { bias: true } as const;
  const hidden = hiddenLayer(tape, parameters, 'encoder', x, width); // (m, hidden)
  const mean = linearLayer(tape, parameters, 'mean', hidden, dOut, bias); // (m, dOut)
  const raw = linearLayer(tape, parameters, 'log_var', hidden, dOut, bias); // (m, dOut)
  const gaussian: Gaussian = { mean, logVariance: clamp(tape, raw, -LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND) };
  const code = gaussianSample(tape, gaussian, noise); // (m, dOut)
  const mirrored = hiddenLayer(tape, parameters, 'decoder', code, width); // (m, hidden)
  const output = linearLayer(tape, parameters, 'output', mirrored, dIn, bias); // (m, dIn)
  const error = squaredError(tape, output, x);
  const divergence = gaussianDivergence(tape, gaussian);
  return { loss: addScaled(tape, error, divergence, model.klWeight), error, divergence };
}

/** Whether a parameter is one of `vaeFeatures`, all that a trained model needs to compress. */
export function isFeatureParameter(name: string): boolean {
  return name.startsWith('encoder.') || name.startsWith('mean.');
}

function hiddenLayer(tape: Tape, parameters: ParameterSet, name: string, x: Tensor, width: number): Tensor {
  const y = linearLayer(tape, parameters, `${name}.fc`, x, width); // (m, width)
  return relu(tape, batchNormLayer(tape, parameters, `${name}.bn`, y)); // (m, width)
}

export const VAE_KIND: NetworkKind<VaeConfig> = {
  storedName: 'vae',
  record: vaeFeatures,
  requireConfig: requireSizes('dIn', 'dOut', 'hidden'),
};
