import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compressor } from '../../compress/compressor.ts';
import { loadCompressor } from '../../compress/load-compressor.ts';
import { readArchive } from '../../io/container/archive-file.ts';
import { writeCheckpoint } from '../../io/container/checkpoint-file.ts';
import { readModel, writeModel } from '../../io/container/safetensors-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { writeAtomically } from '../../io/file/atomic-file.ts';
import { asFileError, FileError } from '../../io/file/file-error.ts';
import { createFolder } from '../../io/file/folder.ts';
import { CheckpointError } from '../../tensor/checkpoint-error.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import type { Checkpoints } from '../methods/train-method.ts';
import type { Form } from './json-form.ts';

/**
 * Part of every key, so that a step stored by code that computed something else is run again. To be counted up with any change after
 * which a step may give another result: whenever a digest in the tests changes, or a figure of a table is counted otherwise.
 */
export const STEP_VERSION = 5;

const [STEPS, MODELS] = ['steps', 'models'] as const;
/** Where the folder of an experiment keeps what is finished. */
export const STEP_FOLDERS = [STEPS, MODELS];

/** Everything a result depends on besides the code; the same key means the same result. */
export type StepKey = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Finished steps of an experiment, one small JSON file each, and the models they trained. A step that is interrupted leaves
 * nothing; with `resume` a finished one is not run again. Each file holds the key of its step and a digest of its result: one that was
 * damaged, changed or moved is not believed.
 */
export class StepStore {
  readonly folder: string;
  readonly resume: boolean;
  readonly #note: (line: string) => void;
  readonly #version: number;

  /** @param options.note is told of what has to be computed again */
  constructor(folder: string, resume: boolean, options: { note: (line: string) => void; version?: number }) {
    this.folder = folder;
    this.resume = resume;
    this.#note = options.note;
    this.#version = options.version ?? STEP_VERSION;
  }

  /**
   * The stored result of a step, or what `run` gives, stored.
   *
   * @param form of the result as JSON
   * @throws {FileError} if the file of the step holds something else
   */
  async result<T>(key: StepKey, form: Form<T>, run: () => Promise<T>): Promise<T> {
    const finished = await this.finished(key, form);
    if (finished !== undefined) return finished;
    const result = await run();
    await createFolder(join(this.folder, STEPS));
    await this.#record(this.#resultPath(key), key, result);
    return result;
  }

  /** The stored result of a step, if there is one to keep. @throws {FileError} if its file is whole and holds something else */
  async finished<T>(key: StepKey, form: Form<T>): Promise<T | undefined> {
    const path = this.#resultPath(key);
    if (!this.resume || !(await isPresent(path))) return undefined;
    const result = await this.#recorded(path, key);
    if (result === undefined) {
      this.#again(path, 'expected the finished step of its name and digest, got a damaged or another one');
      return undefined;
    }
    if (form(result)) return result;
    throw new FileError(path, 'expected the result of a finished step, got another one');
  }

  /**
   * The stored model of a training step, or what `train` gives, stored. A training that was interrupted goes on from its last
   * checkpoint.
   */
  async model(key: StepKey, train: (checkpoints: Checkpoints) => Promise<Compressor>): Promise<Compressor> {
    const finished = await this.finishedModel(key);
    if (finished) return finished;
    const path = this.#modelPath(key);
    await createFolder(join(this.folder, MODELS));
    const unfinished = `${path}.checkpoint`;
    const store = async (checkpoint: Archive): Promise<void> => {
      await writeCheckpoint(unfinished, checkpoint, this.#note);
    };
    const compressor = await this.#continued(unfinished, (last) => train({ last, store }));
    const model = compressor.toNamedArrays();
    await writeModel(path, model);
    await this.#record(recordPath(path), key, digestArrays(model));
    await rm(unfinished, { force: true });
    return compressor;
  }

  /** The stored model of a training step, if there is one to keep. */
  async finishedModel(key: StepKey): Promise<Compressor | undefined> {
    const path = this.#modelPath(key);
    if (!this.resume || !(await isPresent(path))) return undefined;
    try {
      const model = await readModel(path);
      if ((await this.#recorded(recordPath(path), key)) === digestArrays(model)) return loadCompressor(model);
      this.#again(path, 'expected the model that was trained, got another one');
    } catch (cause) {
      if (!(cause instanceof FileError || cause instanceof RangeError)) throw cause;
      this.#again(path, 'expected the model that was trained, got a damaged one');
    }
    return undefined;
  }

  /** Goes on from a checkpoint, or, where that is damaged or of another training, from the beginning. */
  async #continued<T>(path: string, work: (last: Archive | undefined) => Promise<T>): Promise<T> {
    if (this.resume && (await isPresent(path))) {
      try {
        return await work(await readArchive(path));
      } catch (cause) {
        if (!(cause instanceof CheckpointError || (cause instanceof FileError && cause.path === path))) throw cause;
        this.#again(path, 'expected the checkpoint of this training, got a damaged or another one');
      }
    }
    return work(undefined);
  }

  async #record(path: string, key: StepKey, result: unknown): Promise<void> {
    const step = { key, version: this.#version, digest: this.#digestOf(key, result), result };
    const text = `${JSON.stringify(step, undefined, 1)}\n`;
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
  }

  /** The result in a file, if it is whole and of this step. */
  async #recorded(path: string, key: StepKey): Promise<unknown> {
    const text = await readFile(path, 'utf8').catch((cause) => {
      if (cause.code === 'ENOENT') return '';
      throw asFileError(path, 'a file that can be read', cause);
    });
    const step = parsed(text);
    const isOurs = step !== undefined && JSON.stringify(step['key']) === JSON.stringify(key);
    return isOurs && step['digest'] === this.#digestOf(key, step['result']) ? step['result'] : undefined;
  }

  #again(path: string, fault: string): void {
    this.#note(`${new FileError(path, fault).message} It is computed again.`);
  }

  #modelPath(key: StepKey): string {
    return join(this.folder, MODELS, `${this.#nameOf(key)}.safetensors`);
  }

  #resultPath(key: StepKey): string {
    return join(this.folder, STEPS, `${this.#nameOf(key)}.json`);
  }

  #nameOf(key: StepKey): string {
    return this.#digestOf(key).slice(0, 24);
  }

  /** Of all that a result depends on, and of the result, if it is given. */
  #digestOf(key: StepKey, ...result: unknown[]): string {
    const sorted = Object.entries({ ...key, version: this.#version }).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update([sorted, ...result].map((part) => JSON.stringify(part)).join('\n'))
      .digest('hex');
  }
}

/** Beside a model: of which training it is, and its digest. */
function recordPath(modelPath: string): string {
  return `${modelPath}.json`;
}

/** A step as it was written, or `undefined` for any other text. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const step: unknown = JSON.parse(text);
    return typeof step === 'object' && step !== null ? (step as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw asFileError(path, 'to see whether this is there', error);
  }
}
