import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compressor } from '../../compress/compressor.ts';
import { loadCompressor } from '../../compress/load-compressor.ts';
import { readArchive, writeArchive } from '../../io/container/archive-file.ts';
import { readModel, writeModel } from '../../io/container/safetensors-file.ts';
import { writeAtomically } from '../../io/file/atomic-file.ts';
import { asFileError, FileError } from '../../io/file/file-error.ts';
import { createFolder } from '../../io/file/folder.ts';
import type { Checkpoints } from '../methods/train-method.ts';
import { type Form, record } from './json-form.ts';

/**
 * Part of every key, so that a step stored by code that computed something else is run again. To be counted up with any change after
 * which a step may give another result: whenever a digest in the tests changes, or a figure of a table is counted otherwise.
 */
export const STEP_VERSION = 5;

/** Everything a result depends on besides the code; the same key means the same result. */
export type StepKey = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Finished steps of an experiment, one small JSON file each, and the models they trained. A step that is interrupted leaves
 * nothing; with `resume` a finished one is not run again.
 */
export class StepStore {
  readonly folder: string;
  readonly resume: boolean;

  readonly #version: number;

  constructor(folder: string, resume: boolean, version = STEP_VERSION) {
    this.folder = folder;
    this.resume = resume;
    this.#version = version;
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
    const path = this.#resultPath(key);
    await createFolder(join(this.folder, 'steps'));
    const text = `${JSON.stringify({ key, result }, undefined, 1)}\n`;
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
    return result;
  }

  /** The stored result of a step, if there is one to keep. @throws {FileError} if its file holds something else */
  async finished<T>(key: StepKey, form: Form<T>): Promise<T | undefined> {
    const path = this.#resultPath(key);
    return this.resume && (await isPresent(path)) ? storedResult(path, form) : undefined;
  }

  /**
   * The stored model of a training step, or what `train` gives, stored. A training that was interrupted goes on from its last
   * checkpoint.
   */
  async model(key: StepKey, train: (checkpoints: Checkpoints) => Promise<Compressor>): Promise<Compressor> {
    const finished = await this.finishedModel(key);
    if (finished) return finished;
    const path = this.#modelPath(key);
    const unfinished = `${path}.checkpoint`;
    await createFolder(join(this.folder, 'models'));
    const last = this.resume && (await isPresent(unfinished)) ? await readArchive(unfinished) : undefined;
    const compressor = await train({ last, store: (checkpoint) => writeArchive(unfinished, checkpoint) });
    await writeModel(path, compressor.toNamedArrays());
    await rm(unfinished, { force: true });
    return compressor;
  }

  /** The stored model of a training step, if there is one to keep. */
  async finishedModel(key: StepKey): Promise<Compressor | undefined> {
    const path = this.#modelPath(key);
    return this.resume && (await isPresent(path)) ? storedModel(path) : undefined;
  }

  #modelPath(key: StepKey): string {
    return join(this.folder, 'models', `${this.#digestOf(key)}.safetensors`);
  }

  #resultPath(key: StepKey): string {
    return join(this.folder, 'steps', `${this.#digestOf(key)}.json`);
  }

  #digestOf(key: StepKey): string {
    const sorted = Object.entries({ ...key, version: this.#version }).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 24);
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

async function storedResult<T>(path: string, form: Form<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw asFileError(path, 'a file that can be read', cause);
  });
  try {
    const step: unknown = JSON.parse(text);
    if (record({ result: form })(step)) return step.result;
  } catch (cause) {
    throw new FileError(path, 'expected a finished step, got other text', { cause });
  }
  throw new FileError(path, 'expected the result of a finished step, got another one');
}

async function storedModel(path: string): Promise<Compressor> {
  const arrays = await readModel(path);
  try {
    return loadCompressor(arrays);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${path}: ${cause.message}`, { cause });
  }
}
