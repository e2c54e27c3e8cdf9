import type { Floats, Round } from '../operands.ts';
import type { ActivationKernels } from './kernel.ts';

/**
 * y = x · min(max(x + 3, 0), 6) / 6.
 *
 * Source: Howard et al. 2019 (MobileNetV3), section 5.2.
 */
export function hardswish(y: Floats, x: Floats, n: number, round: Round): void {
  const sixth = round(1 / 6);
  for (let i = 0; i < n; i++) {
    const gate = round(Math.min(Math.max(round(x[i]! + 3), 0), 6) * sixth);
    y[i] = round(x[i]! * gate);
  }
}

/** y = x (x + 3) / 6 between the kinks, so dx += dy (x / 3 + 1/2); 0 for x <= -3, dy for x >= 3. */
export function hardswishBackward(dx: Floats, dy: Floats, x: Floats, n: number, round: Round): void {
  const third = round(1 / 3);
  for (let i = 0; i < n; i++) {
    const slope = x[i]! <= -3 ? 0 : x[i]! >= 3 ? 1 : round(round(x[i]! * third) + 0.5);
    dx[i] = round(dx[i]! + round(dy[i]! * slope));
  }
}

/** y = min(max(x, -1), 1). */
export function hardtanh(y: Floats, x: Floats, n: number): void {
  for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, -1), 1);
}

/** dx += dy where -1 < x < 1, as PyTorch does at the kinks. */
export function hardtanhBackward(dx: Floats, dy: Floats, x: Floats, n: number, round: Round): void {
  for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > -1 && x[i]! < 1 ? dy[i]! : 0));
}

/** y = max(x, 0). */
export function relu(y: Floats, x: Floats, n: number): void {
  for (let i = 0; i < n; i++) y[i] = Math.max(x[i]!, 0);
}

/** dx += dy where x > 0. */
export function reluBackward(dx: Floats, dy: Floats, x: Floats, n: number, round: Round): void {
  for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > 0 ? dy[i]! : 0));
}

/** y = min(max(x, least), most). */
export function clamp(y: Floats, x: Floats, least: number, most: number, n: number, round: Round): void {
  const [low, high] = [round(least), round(most)];
  for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, low), high);
}

/** dx += dy where least < x < most. */
export function clampBackward(
  dx: Floats,
  dy: Floats,
  x: Floats,
  least: number,
  most: number,
  n: number,
  round: Round,
): void {
  const [low, high] = [round(least), round(most)];
  for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > low && x[i]! < high ? dy[i]! : 0));
}

export function referenceActivation(round: Round): ActivationKernels {
  return {
    hardswish: (y, x, n) => hardswish(y, x, n, round),
    hardswishBackward: (dx, dy, x, n) => hardswishBackward(dx, dy, x, n, round),
    hardtanh,
    hardtanhBackward: (dx, dy, x, n) => hardtanhBackward(dx, dy, x, n, round),
    relu,
    reluBackward: (dx, dy, x, n) => reluBackward(dx, dy, x, n, round),
    clamp: (y, x, least, most, n) => clamp(y, x, least, most, n, round),
    clampBackward: (dx, dy, x, least, most, n) => clampBackward(dx, dy, x, least, most, n, round),
  };
}
