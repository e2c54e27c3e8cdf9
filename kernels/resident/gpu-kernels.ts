import { gpuActivation } from '../activation/gpu.ts';
import { gpuAdamw } from '../adamw/gpu.ts';
import { gpuAttention } from '../attention/gpu.ts';
import { gpuBatchNorm } from '../batch-norm/gpu.ts';
import { gpuColumnSums } from '../column-sums/gpu.ts';
import { gpuElementwise, rowsOf } from '../elementwise/gpu.ts';
import type { GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { Kernels } from '../kernels.ts';
import { gpuMatmul } from '../matmul/gpu-resident.ts';
import type { Floats } from '../operands.ts';
import { gpuPairs } from '../pairs/gpu.ts';
import { gpuRows } from '../rows/gpu.ts';
import { ResidentArrays } from './resident-arrays.ts';

/** What CNT, trained with INRP, needs of `Kernels`, and what the other networks need to compress. */
type TrainingKernels = Pick<Kernels, 'counts' | 'floats'> &
  ReturnType<typeof gpuMatmul> &
  ReturnType<typeof gpuElementwise> &
  ReturnType<typeof gpuColumnSums> &
  ReturnType<typeof gpuActivation> &
  ReturnType<typeof gpuBatchNorm> &
  ReturnType<typeof gpuAttention> &
  ReturnType<typeof gpuPairs> &
  ReturnType<typeof gpuRows> &
  ReturnType<typeof gpuAdamw>;

/**
 * Kernels whose operands stay on a GPU. A call returns at once: it is queued until `launch` or `fetch`, which is where work becomes
 * asynchronous. Arrays of `floats` are names for what is on the device; their values on the host are older or newer until they are
 * fetched or sent.
 */
export interface GpuKernels extends Kernels {
  readonly backend: 'gpu';
  /** What the host wrote to the operand counts from here on. */
  send(operand: Floats): void;
  /** out (count, cols): row r is row ids[r] of a matrix on the device; ids are whole numbers below 2^24. */
  gatherRows(out: Floats, matrix: GpuMatrix, ids: Floats, count: number): void;
  /** Launches all that was called. @throws {Error} if the device refuses a kernel or is lost */
  launch(): Promise<void>;
  /** Launches all that was called, waits for it, and brings the values of these operands to the host. */
  fetch(...operands: readonly Floats[]): Promise<void>;
  /** Every operand but these becomes 0: what they held is free for other results. For the end of a step. */
  keepOnly(operands: readonly Floats[]): void;
}

/** Methods that only the training of a VAE or of Catalyst calls throw: they have no version for the GPU. */
export function gpuKernels(device: GpuDevice): GpuKernels {
  const resident = new ResidentArrays(device);
  const kernels: TrainingKernels = {
    counts: resident.counts,
    floats: (length) => resident.floats(length),
    ...gpuMatmul(resident),
    ...gpuElementwise(resident),
    ...gpuColumnSums(resident),
    ...gpuActivation(resident),
    ...gpuBatchNorm(resident),
    ...gpuAttention(resident),
    ...gpuPairs(resident),
    ...gpuRows(resident),
    ...gpuAdamw(resident),
  };
  const calls = {
    ...kernels,
    backend: 'gpu',
    precision: 'float32',
    send: (operand: Floats) => resident.send(operand),
    gatherRows(out: Floats, matrix: GpuMatrix, ids: Floats, count: number) {
      resident.queue(async (on) => on.write(out, await rowsOf(on, matrix, await on.read(ids, 1, count))));
    },
    launch: () => resident.launch(),
    fetch: (...operands: readonly Floats[]) => resident.fetch(...operands),
    keepOnly: (operands: readonly Floats[]) => resident.keepOnly(operands),
    close: () => resident.close(),
  };
  return new Proxy(calls as unknown as GpuKernels, {
    get: (target, name) => Reflect.get(target, name) ?? refused(name),
  });
}

/** What stands for a method of `Kernels` that has no version here. */
function refused(name: PropertyKey): (() => never) | undefined {
  if (typeof name === 'symbol' || name === 'then') return undefined; // asked for by the language itself
  return () => {
    throw new Error(`GPU: expected a kernel of CNT with INRP, got ${String(name)}, which has no version for the GPU.`);
  };
}
