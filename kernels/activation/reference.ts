import type { Round } from '../operands.ts';
import type { ActivationKernels } from './kernel.ts';

export function referenceActivation(round: Round): ActivationKernels {
  return {
    /**
     * y = x · min(max(x + 3, 0), 6) / 6.
     *
     * Source: Howard et al. 2019 (MobileNetV3), section 5.2.
     */
    hardswish(y, x, n) {
      const sixth = round(1 / 6);
      for (let i = 0; i < n; i++) {
        const gate = round(Math.min(Math.max(round(x[i]! + 3), 0), 6) * sixth);
        y[i] = round(x[i]! * gate);
      }
    },

    /** y = x (x + 3) / 6 between the kinks, so dx += dy (x / 3 + 1/2); 0 for x <= -3, dy for x >= 3. */
    hardswishBackward(dx, dy, x, n) {
      const third = round(1 / 3);
      for (let i = 0; i < n; i++) {
        const slope = x[i]! <= -3 ? 0 : x[i]! >= 3 ? 1 : round(round(x[i]! * third) + 0.5);
        dx[i] = round(dx[i]! + round(dy[i]! * slope));
      }
    },

    /** y = min(max(x, -1), 1). */
    hardtanh(y, x, n) {
      for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, -1), 1);
    },

    /** dx += dy where -1 < x < 1, as PyTorch does at the kinks. */
    hardtanhBackward(dx, dy, x, n) {
      for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > -1 && x[i]! < 1 ? dy[i]! : 0));
    },

    /** y = max(x, 0). */
    relu(y, x, n) {
      for (let i = 0; i < n; i++) y[i] = Math.max(x[i]!, 0);
    },

    /** dx += dy where x > 0. */
    reluBackward(dx, dy, x, n) {
      for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > 0 ? dy[i]! : 0));
    },

    /** y = min(max(x, least), most). */
    clamp(y, x, least, most, n) {
      const [low, high] = [round(least), round(most)];
      for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, low), high);
    },

    /** dx += dy where least < x < most. */
    clampBackward(dx, dy, x, least, most, n) {
      const [low, high] = [round(least), round(most)];
      for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > low && x[i]! < high ? dy[i]! : 0));
    },
  };
}
