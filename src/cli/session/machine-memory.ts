import { totalmem } from 'node:os';

/** Bytes of memory; `undefined` where the engine cannot tell. */
export interface MachineMemory {
  /** What this process may hold before the system ends it: the limit of its container, else what the machine has. */
  readonly limit: number | undefined;
  /** What is free now. In a container whose page cache is full it is too little: the cache gives way. */
  readonly available: number | undefined;
}

/**
 * The memory of this machine.
 *
 * @param constrained of the process as Node tells it: nothing or 0 where it knows no limit, and more than there is where there is none
 */
export function machineMemory(
  constrained = process.constrainedMemory?.(),
  available = process.availableMemory?.(),
  total = totalmem(),
): MachineMemory {
  const limit = constrained !== undefined && constrained > 0 && constrained < total ? constrained : total;
  return { limit, available };
}
