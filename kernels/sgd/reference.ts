import { SMALLEST_MOMENT } from '../adamw/reference.ts';
import type { Round } from '../operands.ts';
import type { SgdKernels } from './kernel.ts';

export function referenceSgd(round: Round): SgdKernels {
  return {
    /**
     * One step of stochastic gradient descent with momentum: v = momentum · v + g; p -= rate · v.
     *
     * Source: Sutskever et al. 2013, section 2, in the form of PyTorch's `torch.optim.SGD` (no dampening, no Nesterov).
     * Departs: a velocity below 1e-30 becomes exactly 0, long before it is subnormal.
     */
    sgd(parameter, gradient, velocity, n, rate, momentum) {
      const [step, keep, smallest] = [round(rate), round(momentum), round(SMALLEST_MOMENT)];
      for (let i = 0; i < n; i++) {
        const v = round(round(keep * velocity[i]!) + gradient[i]!);
        velocity[i] = Math.abs(v) < smallest ? 0 : v;
        parameter[i] = round(parameter[i]! - round(step * velocity[i]!));
      }
    },
  };
}
