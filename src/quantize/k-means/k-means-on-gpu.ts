import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { GpuAssignment } from './gpu-assignment.ts';
import { beginKMeans, type KMeansOptions, type KMeansResult } from './k-means.ts';

/**
 * `kMeans` with the assignment of the points on a GPU: the same bits, since the CPU has the last word where the device is not sure.
 * The start and the means are computed by the CPU: gpu.js has no kernel that adds to scattered places.
 *
 * @throws {RangeError} as `kMeans`
 *
 * @category Quantizers
 */
export async function kMeansOnGpu(device: GpuDevice, points: Vectors, options: KMeansOptions): Promise<KMeansResult> {
  const { search, rounds, result } = beginKMeans(points, options);
  if (!search) return result();
  const assignment = new GpuAssignment(device, search, options.k);
  try {
    await assignment.load(search.count);
    for (const centroids of rounds) await assignment.find(centroids);
    return result();
  } finally {
    assignment.close();
    search.close();
  }
}
