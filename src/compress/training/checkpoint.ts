import type { Floats } from '../../../kernels/operands.ts';
import { restored } from '../../tensor/checkpoint-error.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import {
  type Archive,
  type JsonObject,
  type JsonValue,
  type NamedArray,
  requireArray,
  requireInteger,
  requireNumber,
} from '../../tensor/named-arrays.ts';
import { type HistoryPoint, readHistory } from './history.ts';
import type { CommonSettings } from './settings.ts';
import type { Trainee } from './trainee.ts';

/** The checkpoints of one method. */
export interface CheckpointFormat {
  /** The kind of archive: `cnt-checkpoint`. */
  readonly kind: string;
  /** Begins messages: `CNT checkpoint`. */
  readonly where: string;
}

/** Where a training stands, apart from what is in the memory of its model. The random draws need no state: they depend on the step alone. */
export interface TrainingProgress {
  /** Steps done. */
  step: number;
  /** Sum of the losses of the steps since the last point of the history, and their number. */
  lossSum: number;
  lossSteps: number;
  history: HistoryPoint[];
  /** Parameters and statistics at the point of the history with the lowest held-out loss. */
  best: { readonly step: number; readonly parameters: ReadonlyMap<string, NamedArray> } | undefined;
  /** The GPU that made steps of this training, if one did: its arithmetic has a bound instead of bits. */
  gpu: string | undefined;
}

/** Everything from which `restoreCheckpoint` continues bit for bit; copies, so that training may go on. */
export function takeCheckpoint(
  { kind }: CheckpointFormat,
  model: Trainee,
  progress: TrainingProgress,
  settings: CommonSettings,
  base: Matrix,
): Archive {
  const arrays = new Map<string, NamedArray>();
  for (const [name, { shape, value }] of liveArrays(model)) arrays.set(name, { shape, data: Float32Array.from(value) });
  for (const [name, ids] of model.mined ?? []) arrays.set(name, { shape: [ids.length], data: ids.slice() });
  for (const [name, array] of progress.best?.parameters ?? []) arrays.set(`best/${name}`, array);
  const parameters = asJson({
    settings,
    base: { rows: base.rows, cols: base.cols, fingerprint: fingerprint(base.data) },
    step: progress.step,
    lossSum: progress.lossSum,
    lossSteps: progress.lossSteps,
    ...model.optimizer.scalars,
    history: progress.history,
    ...(progress.best && { bestStep: progress.best.step }),
    ...(progress.gpu !== undefined && { gpu: progress.gpu }),
  }) as JsonObject;
  return { kind, parameters, arrays };
}

/**
 * Fills the model from a checkpoint.
 *
 * @throws {CheckpointError} if it is of another training (settings or base differ), incomplete, or holds what no training gives
 */
export function restoreCheckpoint(
  format: CheckpointFormat,
  archive: Archive,
  model: Trainee,
  settings: CommonSettings,
  base: Matrix,
): TrainingProgress {
  return restored(() => restore(format, archive, model, settings, base));
}

function restore(
  { kind: expected, where }: CheckpointFormat,
  { kind, parameters, arrays }: Archive,
  model: Trainee,
  settings: CommonSettings,
  base: Matrix,
): TrainingProgress {
  if (kind !== expected) throw new RangeError(`${where}: expected an archive of kind ${expected}, got ${kind}.`);
  const { rows, cols, data } = base;
  requireSame(where, 'base', { rows, cols, fingerprint: fingerprint(data) }, parameters['base']);
  requireSame(where, 'settings', settings, parameters['settings']);
  const scalars = Object.keys(model.optimizer.scalars).map((name) => [name, requireNumber(parameters, name, where)]);
  const progress: TrainingProgress = {
    step: requireInteger(parameters, 'step', 0, settings.steps, where),
    lossSum: requireNumber(parameters, 'lossSum', where),
    lossSteps: requireInteger(parameters, 'lossSteps', 0, settings.steps, where),
    history: readHistory(parameters['history'], where),
    best: undefined,
    gpu: typeof parameters['gpu'] === 'string' ? parameters['gpu'] : undefined,
  };
  if (progress.history.length > 0) {
    progress.best = {
      step: requireInteger(parameters, 'bestStep', 0, progress.step, where),
      parameters: new Map(
        model.parameters.all().map(({ name, shape }) => [name, finiteArray(arrays, `best/${name}`, shape, where)]),
      ),
    };
  }
  const live = [...liveArrays(model)].map(([name, { shape, value }]) => {
    return [value, finiteArray(arrays, name, shape, where).data] as const;
  });
  const mined = [...(model.mined ?? [])].map(([name, ids]) => {
    return [ids, requireArray(arrays, name, 'int32', [ids.length], where).data] as const;
  });
  for (const [value, saved] of live) value.set(saved);
  for (const [ids, saved] of mined) ids.set(saved);
  model.optimizer.restore(Object.fromEntries(scalars));
  return progress;
}

/** @throws {RangeError} if it is missing, has another shape, or holds NaN or an infinity, which would spread in a step or two */
function finiteArray(
  arrays: Archive['arrays'],
  name: string,
  shape: readonly number[],
  where: string,
): NamedArray<Float32Array> {
  const array = requireArray(arrays, name, 'float32', shape, where);
  const at = array.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return array;
  throw new RangeError(
    `${where}: expected finite values in ${name}, got ${array.data[at]} at element ${at}: it is damaged; train from the beginning.`,
  );
}

/** The state in the model's memory: parameters, running statistics, moments. */
function* liveArrays(model: Trainee): Generator<[string, { shape: readonly number[]; value: Floats }]> {
  for (const { name, shape, value } of model.parameters.all()) yield [`parameter/${name}`, { shape, value }];
  yield* model.optimizer.moments();
}

/** @throws {RangeError} naming the first part that differs */
function requireSame(where: string, path: string, ours: unknown, theirs: unknown): void {
  if (typeof ours === 'object' && ours !== null && typeof theirs === 'object' && theirs !== null) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      requireSame(where, `${path}.${key}`, Reflect.get(ours, key), Reflect.get(theirs, key));
    }
    return;
  }
  if (ours === theirs) return;
  throw new RangeError(
    `${where}: expected one of a training with ${path} ${JSON.stringify(ours)}, got ${JSON.stringify(theirs)}; resume with the same data and options.`,
  );
}

/** FNV-1a over the bits of each value, 32 at a time: tells one base from another, nothing more. */
function fingerprint(data: Float32Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 15; // the high bits of a float tell most of it, and a product alone never carries them down
  }
  return hash >>> 0;
}

function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value));
}
