import type { NamedArrays } from '../../tensor/named-arrays.ts';
import { writeAtomically } from '../file/atomic-file.ts';
import { withInput } from '../file/input-file.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/**
 * Writes a model as `.safetensors`, whole or not at all.
 *
 * @throws {RangeError} if a shape and its elements differ
 * @throws {FileError} if the file cannot be written
 *
 * @category Vectors, models and files
 */
export async function writeModel(
  path: string,
  model: NamedArrays,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const bytes = encodeSafetensors(model);
  await writeAtomically(path, (write) => write(bytes), options);
}

/**
 * Reads a model. @throws {FileError} if the file cannot be read, or is not strictly safetensors
 *
 * @category Vectors, models and files
 */
export async function readModel(path: string): Promise<NamedArrays> {
  return withInput(path, async (file) => decodeSafetensors(await file.read(0, file.size), path));
}
