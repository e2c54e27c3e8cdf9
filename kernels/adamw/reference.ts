import type { Round } from '../operands.ts';
import type { AdamwKernels, AdamwRates } from './kernel.ts';

/** A gradient smaller than this counts as 0: its square would be near the end of float32's range. */
export const SMALLEST_GRADIENT = 1e-15;
/** A moment smaller than this is stored as 0, long before it becomes subnormal (which costs 150 times the time). */
export const SMALLEST_MOMENT = 1e-30;

/** The scalars of one step, as both versions use them. */
export interface AdamwFactors {
  readonly keep: number;
  readonly beta1: number;
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
  readonly step: number;
  readonly inverseRoot: number;
  readonly epsilon: number;
}

export function adamwFactors(rates: AdamwRates, round: Round): AdamwFactors {
  return {
    keep: round(1 - rates.learningRate * rates.weightDecay),
    beta1: round(rates.beta1),
    rest1: round(1 - rates.beta1),
    beta2: round(rates.beta2),
    rest2: round(1 - rates.beta2),
    step: round(rates.learningRate / rates.correction1),
    inverseRoot: round(1 / Math.sqrt(rates.correction2)),
    epsilon: round(rates.epsilon),
  };
}

export function referenceAdamw(round: Round): AdamwKernels {
  return {
    /**
     * One step of AdamW:
     *
     *     p -= rate · decay · p
     *     m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g²
     *     p -= (rate / correction1) · m / (sqrt(v) / sqrt(correction2) + epsilon)
     *
     * Source: Loshchilov & Hutter 2019, Algorithm 2, in the order of PyTorch's `torch.optim.AdamW`.
     * Departs: tiny gradients and moments become exactly 0 (constants above). They change a parameter by less than rate · 1e-7.
     *
     * Scalars are formed in float64 and rounded once.
     */
    adamw(parameter, gradient, first, second, n, rates) {
      const { keep, beta1, rest1, beta2, rest2, step, inverseRoot, epsilon } = adamwFactors(rates, round);
      const smallestGradient = round(SMALLEST_GRADIENT);
      const smallestMoment = round(SMALLEST_MOMENT);
      for (let i = 0; i < n; i++) {
        const g = Math.abs(gradient[i]!) < smallestGradient ? 0 : gradient[i]!;
        const m = round(round(beta1 * first[i]!) + round(rest1 * g));
        const v = round(round(beta2 * second[i]!) + round(rest2 * round(g * g)));
        first[i] = Math.abs(m) < smallestMoment ? 0 : m;
        second[i] = v < smallestMoment ? 0 : v;
        const deviation = round(round(round(Math.sqrt(second[i]!)) * inverseRoot) + epsilon);
        parameter[i] = round(round(parameter[i]! * keep) - round(step * round(first[i]! / deviation)));
      }
    },
  };
}
