import { rm } from 'node:fs/promises';
import { computingOf } from '../../../kernels/backend.ts';
import type { Compressor } from '../../compress/compressor.ts';
import { type Method, type MethodOptions, methodOf } from '../../compress/methods.ts';
import { CHECKPOINT_MILLISECONDS, type TrainingReport } from '../../compress/training/training-loop.ts';
import { readArchive, writeArchive } from '../../io/container/archive-file.ts';
import { preparationProgress } from '../../paper/methods/train-method.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { fileExists } from '../input/checks.ts';
import { percent } from '../output/listing.ts';
import type { Session } from '../session/command.ts';
import { InterruptedError, isInterruption } from '../session/failures.ts';

/** Where the training of a model is kept until it is finished. */
export function checkpointPath(modelPath: string): string {
  return `${modelPath}.checkpoint`;
}

/**
 * Trains a network with a checkpoint beside the model, written at each evaluation, every two minutes, and when the user interrupts.
 * Once the model is written, `removeCheckpoint` takes it away.
 *
 * @throws {InterruptedError} when the user interrupts; the checkpoint is there
 */
export async function trainWithCheckpoints(
  method: Method,
  base: Matrix,
  choices: MethodOptions,
  modelPath: string,
  resume: boolean,
  session: Session,
): Promise<Compressor> {
  const path = checkpointPath(modelPath);
  const checkpoint = resume ? await readArchive(path) : undefined;
  if (!resume && (await fileExists(path))) session.note(`${path}: replaced, because --resume is not given.`);
  const progress = session.progress('training, samples');
  let done = '';
  try {
    return await methodOf(method).train(base, {
      ...choices,
      ...computingOf(session),
      gpu: session.gpu,
      signal: session.signal,
      resume: checkpoint,
      now: () => 1000 * session.now(),
      checkpointInterval: CHECKPOINT_MILLISECONDS,
      // Not given the signal: an interruption is what it is written for.
      onCheckpoint: (archive: Archive) => writeArchive(path, archive),
      onPreparation: preparationProgress(session.progress),
      onProgress: (report: TrainingReport) => {
        const { samples, totalSamples } = report;
        done = ` after ${samples} of ${totalSamples} samples`;
        progress.update(samples, totalSamples, detailOf(report));
      },
    });
  } catch (error) {
    if (!isInterruption(error)) throw error;
    throw new InterruptedError(`interrupted${done}; the same command with --resume continues from ${path}.`);
  } finally {
    progress.end();
  }
}

/** To be called when the model is safely written. */
export async function removeCheckpoint(modelPath: string): Promise<void> {
  await rm(checkpointPath(modelPath), { force: true });
}

function detailOf({ loss, evaluation }: TrainingReport): string {
  const { heldOutLoss, recall } = evaluation;
  return `loss ${loss.toFixed(4)}, held out ${heldOutLoss.toFixed(4)}, probe 1@1 ${percent(recall.nearest)} %`;
}
