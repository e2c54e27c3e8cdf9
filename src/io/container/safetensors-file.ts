import type { NamedArrays } from '../../tensor/named-arrays.ts';
import { writeAtomically } from '../file/atomic-file.ts';
import { withInput } from '../file/input-file.ts';
import { decodeSafetensors, encodeSafetensors, headerLength, SAFETENSORS_START } from './safetensors.ts';

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
 * Reads a model. @throws {FileError} if the file cannot be read, is not strictly safetensors, or differs from what was written
 *
 * @category Vectors, models and files
 */
export async function readModel(path: string): Promise<NamedArrays> {
  return withInput(path, async (file) => {
    // Before all of it, which may be gigabytes of something else.
    headerLength(await file.read(0, Math.min(file.size, SAFETENSORS_START)), file.size, path);
    return decodeSafetensors(await file.read(0, file.size), path);
  });
}
