import type { WasmFunction } from '../wasm/webassembly.ts';
import { CHUNKS, type Control, NEXT, recordFailure } from './control.ts';
import { type ChunkOperand, chunkCount, chunkOperands, type Grid, JOB_LENGTH, jobFunction, writeJob } from './job.ts';

/** What a thread needs to run chunks of one set of kernels. */
export interface ChunkRunner {
  /** The exports in their order. */
  readonly functions: readonly WasmFunction[];
  /** Address of this thread's scratch. */
  readonly scratch: number;
}

/** Operands of the present chunk. */
const ofChunk: number[] = [];

/** Takes chunk after chunk of the present job until none is left. An error is recorded, and its chunk counts as done. */
export function runChunks(control: Control, { functions, scratch }: ChunkRunner): void {
  const { words, job } = control;
  const func = functions[jobFunction(job)]!;
  const chunks = words[CHUNKS]!;
  for (let chunk = Atomics.add(words, NEXT, 1); chunk < chunks; chunk = Atomics.add(words, NEXT, 1)) {
    chunkOperands(ofChunk, job, chunk, scratch);
    try {
      func(...ofChunk);
    } catch (error) {
      recordFailure(control, error instanceof Error ? error.message : String(error));
    }
  }
}

const alone = new Float64Array(JOB_LENGTH);

/** All chunks of a call, one after the other. */
export function runAllChunks(func: WasmFunction, grid: Grid, operands: readonly ChunkOperand[], scratch: number): void {
  writeJob(alone, 0, 0, grid, operands);
  const chunks = chunkCount(grid);
  for (let chunk = 0; chunk < chunks; chunk++) {
    chunkOperands(ofChunk, alone, chunk, scratch);
    func(...ofChunk);
  }
}
