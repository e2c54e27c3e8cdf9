import { computingOf } from '../../../kernels/backend.ts';
import type { Compressor } from '../../compress/compressor.ts';
import { type Method, type MethodOptions, methodOf } from '../../compress/methods.ts';
import { CHECKPOINT_MILLISECONDS, type TrainingReport } from '../../compress/training/training-loop.ts';
import { preparationProgress } from '../../paper/methods/train-method.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { percent } from '../output/listing.ts';
import type { Session } from '../session/command.ts';
import { type Checkpoints, withCheckpoint } from './checkpoint-file.ts';

/**
 * Trains a network with a checkpoint beside the model, written at each evaluation, every two minutes, and when the user interrupts.
 *
 * @throws as `withCheckpoint`
 */
export async function trainWithCheckpoints(
  method: Method,
  base: Matrix,
  choices: MethodOptions,
  modelPath: string,
  resume: boolean,
  session: Session,
): Promise<Compressor> {
  const progress = session.progress('training, samples');
  let done = '';
  const train = ({ last, store }: Checkpoints): Promise<Compressor> =>
    methodOf(method).train(base, {
      ...choices,
      ...computingOf(session),
      gpu: session.gpu,
      signal: session.signal,
      resume: last,
      now: () => 1000 * session.now(),
      checkpointInterval: CHECKPOINT_MILLISECONDS,
      onCheckpoint: store,
      onPreparation: preparationProgress(session.progress),
      onProgress: (report: TrainingReport) => {
        const { samples, totalSamples } = report;
        done = ` after ${samples} of ${totalSamples} samples`;
        progress.update(samples, totalSamples, detailOf(report));
      },
    });
  try {
    return await withCheckpoint(modelPath, resume, session, train, () => done);
  } finally {
    progress.end();
  }
}

function detailOf({ loss, evaluation }: TrainingReport): string {
  const { heldOutLoss, recall } = evaluation;
  return `loss ${loss.toFixed(4)}, held out ${heldOutLoss.toFixed(4)}, probe 1@1 ${percent(recall.nearest)} %`;
}
