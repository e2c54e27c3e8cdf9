import type { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import type { Trainee } from './trainee.ts';

/**
 * Forwards, backwards, update, on a tape whose inputs are set.
 *
 * @param loss (1)
 * @returns the loss before the update; if it is not finite, nothing was updated
 */
export function gradientStep(
  tape: Tape,
  loss: Tensor,
  { parameters, optimizer }: Pick<Trainee, 'parameters' | 'optimizer'>,
  learningRate: number,
): number {
  tape.forward();
  const value = loss.value[0]!;
  if (!Number.isFinite(value)) return value;
  parameters.clearGradients();
  tape.backward(loss);
  optimizer.step(learningRate);
  return value;
}
