import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import type { Tape } from './tape.ts';
import { sizeOf, type Tensor } from './tensor.ts';

type Forward = (kernels: Kernels, y: Floats, x: Floats, n: number) => void;
type Backward = (kernels: Kernels, dx: Floats, dy: Floats, x: Floats, n: number) => void;

/** y = x min(max(x + 3, 0), 6) / 6. Derivative at the kinks: 0 at x = -3, 1 at x = 3. */
export function hardswish(tape: Tape, x: Tensor): Tensor {
  return elementwise(
    tape,
    x,
    (kernels, y, value, n) => kernels.hardswish(y, value, n),
    (kernels, dx, dy, value, n) => kernels.hardswishBackward(dx, dy, value, n),
  );
}

/** y = min(max(x, -1), 1). Derivative at the kinks: 0. */
export function hardtanh(tape: Tape, x: Tensor): Tensor {
  return elementwise(
    tape,
    x,
    (kernels, y, value, n) => kernels.hardtanh(y, value, n),
    (kernels, dx, dy, value, n) => kernels.hardtanhBackward(dx, dy, value, n),
  );
}

/** y = max(x, 0). Derivative at the kink: 0. */
export function relu(tape: Tape, x: Tensor): Tensor {
  return elementwise(
    tape,
    x,
    (kernels, y, value, n) => kernels.relu(y, value, n),
    (kernels, dx, dy, value, n) => kernels.reluBackward(dx, dy, value, n),
  );
}

/**
 * y = min(max(x, least), most). Derivative at the kinks: 0.
 *
 * @throws {RangeError} unless least < most
 */
export function clamp(tape: Tape, x: Tensor, least: number, most: number): Tensor {
  if (!(least < most)) throw new RangeError(`clamp: expected bounds in ascending order, got ${least} and ${most}.`);
  return elementwise(
    tape,
    x,
    (kernels, y, value, n) => kernels.clamp(y, value, least, most, n),
    (kernels, dx, dy, value, n) => kernels.clampBackward(dx, dy, value, least, most, n),
  );
}

/** y has the shape of x; each y[i] depends on x[i] alone. */
function elementwise(tape: Tape, x: Tensor, forward: Forward, backward: Backward): Tensor {
  const n = sizeOf(x.shape);
  const { kernels } = tape;
  const y = tape.result(x.shape, [x]);
  const dx = x.gradient;
  const dy = y.gradient;
  tape.record(() => forward(kernels, y.value, x.value, n), dx && dy && (() => backward(kernels, dx, dy, x.value, n)));
  return y;
}
